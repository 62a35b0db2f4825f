"""Flash formats whose tools are Python packages: what these wrote is what is read.

The tools run as programs of their own; nothing of them is imported here.
"""

from __future__ import annotations

import hashlib
import importlib.util
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from flash_bytes import budget, mutants, odx, survives
from image_trees import shown, walked

from auditor.unpack import bundle_swupdate, uf2
from auditor.unpack import odx as odx_format
from auditor.unpack.view import View

NAMESPACE = b'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
WRITE_PDX = """
import sys
from odxtools.database import Database
from odxtools.writepdxfile import write_pdx_file
database = Database()
database.add_odx_file(sys.argv[1])
database.refresh()
write_pdx_file(sys.argv[2], database)
"""
WRITE_UF2 = """
import sys
from uf2utils.file import UF2File
from uf2utils.family import Family
made = UF2File(board_family=Family.byName("RP2040").id, fill_gaps=False)
for path, address in zip(sys.argv[2::2], sys.argv[3::2]):
    made.append_payload(open(path, "rb").read(), start_offset=int(address, 0), block_payload_size=256)
made.to_file(sys.argv[1])
"""


def needs(package: str) -> pytest.MarkDecorator:
    return pytest.mark.skipif(importlib.util.find_spec(package) is None, reason=f"needs the package {package}")


def write(script: str, *arguments: object) -> None:
    subprocess.run([sys.executable, "-c", script, *map(str, arguments)], check=True, capture_output=True)


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


@pytest.mark.integration
@needs("odxtools")
@pytest.mark.parametrize("selection", ["BINARY", "INTEL-HEX"])
def test_pdx_and_odx_of_odxtools(tmp_path: Path, selection: str) -> None:
    content = bytes(range(64)) * 30
    text = {"BINARY": content.hex(), "INTEL-HEX": ":0400000001020304F2\n:00000001FF"}[selection]
    (tmp_path / "in.odx-f").write_bytes(odx(text, selection).replace(b'xmlns:xsi="x"', NAMESPACE))
    write(WRITE_PDX, tmp_path / "in.odx-f", tmp_path / "out.pdx")
    with zipfile.ZipFile(tmp_path / "out.pdx") as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    assert b"Written using odxtools" in members["Flash.odx-f"]
    result = walked(tmp_path / "out.pdx")
    assert result.problems == []
    assert result.artifacts[0].format == "pdx"
    nodes = {path: (kind, size, sha256) for path, (kind, _, size, sha256, _) in shown(result).items()}
    assert nodes == {name: ("file", len(data), digest(data)) for name, data in members.items()}
    assert result.by_path["Flash.odx-f"].format == "odx"
    flash = result.by_path["Flash.odx-f!/FD_1"]
    if selection == "BINARY":
        assert (flash.kind, flash.size, flash.id) == ("region", len(content), digest(content))
    else:
        segment = result.by_path["Flash.odx-f!/FD_1!/segment@0x00000000"]
        assert (flash.format, segment.id) == ("intel_hex", digest(b"\1\2\3\4"))
    container = odx_format.open(View(members["Flash.odx-f"]), budget())
    assert container is not None and [fact.value for fact in container.evidence] == ["EX0907115"]
    for mutant in mutants(members["Flash.odx-f"], 50, "odxtools"):
        survives(odx_format, mutant)


@pytest.mark.integration
@needs("uf2utils")
def test_uf2_of_uf2utils(tmp_path: Path) -> None:
    parts = {0x10000000: b"first part\n" * 300, 0x20001000: b"second" * 50}
    arguments: list[object] = []
    for address, data in parts.items():
        (tmp_path / hex(address)).write_bytes(data)
        arguments += [tmp_path / hex(address), hex(address)]
    write(WRITE_UF2, tmp_path / "out.uf2", *arguments)
    result = walked(tmp_path / "out.uf2")
    assert result.problems == []
    assert result.artifacts[0].format == "uf2"
    assert result.artifacts[0].understood == (tmp_path / "out.uf2").stat().st_size
    found = {artifact.path: (artifact.kind, artifact.size, artifact.id) for artifact in result.artifacts[1:]}
    assert found == {f"segment@{at:#010x}": ("region", len(data), digest(data)) for at, data in parts.items()}
    for mutant in mutants((tmp_path / "out.uf2").read_bytes(), 100, "uf2utils"):
        survives(uf2, mutant)


@pytest.mark.integration
@needs("swugenerator")
def test_swupdate_archive_of_swugenerator(tmp_path: Path) -> None:
    (tmp_path / "rootfs.bin").write_bytes(b"root file system\n" * 900)
    (tmp_path / "install.sh").write_text("exit 0\n")
    (tmp_path / "in").write_text(
        'software = { version = "2026.11"; hardware-compatibility: [ "1.0" ];\n'
        ' images: ({ filename = "rootfs.bin"; device = "/dev/mmcblk0p2"; compressed = "zlib"; });\n'
        ' scripts: ({ filename = "install.sh"; type = "shellscript"; }); }\n'
    )
    tool = [sys.executable, "-m", "swugenerator.main", "-s", tmp_path / "in", "-a", tmp_path, "-o", tmp_path / "x.swu"]
    subprocess.run([*map(str, tool), "create"], check=True, capture_output=True)
    data = (tmp_path / "x.swu").read_bytes()
    result = walked(data)
    assert result.problems == []
    assert result.artifacts[0].format == "swupdate"
    names = {"sw-description", "install.sh"}
    assert names < set(result.by_path)
    packed = next(path for path in result.by_path if path.startswith("rootfs.bin") and "!/" not in path)
    assert packed.encode() in data
    assert digest(b"root file system\n" * 900) in {artifact.id for artifact in result.artifacts}
    container = bundle_swupdate.open(View(data), budget())
    assert container is not None and [fact.value for fact in container.evidence] == ["2026.11"]
    for mutant in mutants(data, 100, "swugenerator"):
        survives(bundle_swupdate, mutant)
