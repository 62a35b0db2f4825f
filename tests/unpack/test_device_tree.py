"""Device trees and FIT against dtc and mkimage, and the hostile ones."""

from __future__ import annotations

import shutil
import struct
import subprocess

import pytest
from flash_bytes import budget, codes, device_tree, facts, fit_around, mutants, read, run, survives

from auditor.unpack import device_tree as reader
from auditor.unpack import fit, walk
from auditor.unpack.view import Budget, Damaged, LimitHit, Truncated, View

SOURCE = """/dts-v1/;
/ {
    model = "Example Board";
    compatible = "example,board", "example,soc";
    #address-cells = <1>;
    soc { uart0: serial@30860000 { reg = <0x30860000 0x10000>; status = "okay"; }; };
    chosen { stdout-path = &uart0; };
};
"""


def needs(*tools: str) -> pytest.MarkDecorator:
    missing = [tool for tool in tools if shutil.which(tool) is None]
    return pytest.mark.skipif(bool(missing), reason=f"needs {missing}")


@pytest.fixture
def blob(tmp_path):
    (tmp_path / "a.dts").write_text(SOURCE)
    run("dtc", "-O", "dtb", "-o", tmp_path / "a.dtb", tmp_path / "a.dts")
    return (tmp_path / "a.dtb").read_bytes()


@pytest.mark.integration
@needs("dtc")
def test_nodes_and_properties_are_those_dtc_wrote(blob):
    nodes = reader.read_nodes(View(blob))
    assert [node.path for node in nodes] == ["/", "/soc", "/soc/serial@30860000", "/chosen"]
    root, _, serial, chosen = nodes
    assert reader.strings(root.properties["compatible"].value) == ["example,board", "example,soc"]
    assert reader.strings(chosen.properties["stdout-path"].value) == ["/soc/serial@30860000"]
    assert reader.cells(serial.properties["reg"].value) == [0x30860000, 0x10000]
    place = root.properties["model"].offset
    assert blob[place : place + 13] == b"Example Board"


@pytest.mark.integration
@needs("dtc")
def test_a_tree_inside_other_bytes_ends_where_it_says(blob):
    container = reader.open(View(blob + b"behind"), budget())
    assert container.extent == len(blob)


@pytest.mark.integration
@needs("dtc")
def test_every_cut_of_a_tree_is_damage_never_a_shorter_tree(blob):
    for size in range(40, len(blob), 7):
        with pytest.raises(Damaged):
            reader.read_nodes(View(blob[:size]))


def test_nesting_of_200_000_levels_hits_the_depth_limit():
    structure = struct.pack(">I4s", 1, b"a\0\0\0") * 200_000 + struct.pack(">I", 2) * 200_000 + struct.pack(">I", 9)
    with pytest.raises(LimitHit) as hit:
        reader.open(View(device_tree(structure, b"abc\0")), budget())
    assert hit.value.code == "limit-depth"


def test_sizes_that_lie_are_never_allocated():
    huge = struct.pack(">10I", 0xD00DFEED, 0xFFFFFFFF, 56, 0xFFFFFFF0, 40, 17, 16, 0, 0xFFFFFFFF, 0xFFFFFFFF) + bytes(
        64
    )
    with pytest.raises(Truncated):
        reader.open(View(huge), budget())


def test_phandles_that_point_at_each_other_are_only_values():
    def node(name: bytes, own: int, other: int) -> bytes:
        cells = (
            struct.pack(">III", 3, 4, 0)
            + struct.pack(">I", own)
            + struct.pack(">III", 3, 4, 8)
            + struct.pack(">I", other)
        )
        return struct.pack(">I4s", 1, name) + cells + struct.pack(">I", 2)

    structure = struct.pack(">I4x", 1) + node(b"a", 1, 2) + node(b"b", 2, 1) + struct.pack(">II", 2, 9)
    nodes = reader.read_nodes(View(device_tree(structure, b"phandle\0parent\0")))
    assert [node.path for node in nodes] == ["/", "/a", "/b"]


@pytest.mark.integration
@needs("dtc", "mkimage")
@pytest.mark.parametrize("external", [False, True])
def test_fit_images_are_the_files_mkimage_took(tmp_path, blob, external):
    (tmp_path / "kernel").write_bytes(b"kernel" * 3000)
    (tmp_path / "b.its").write_text(f"""/dts-v1/;
/ {{ description = "x"; #address-cells = <1>; images {{
  kernel {{ description = "k"; data = /incbin/("{tmp_path}/kernel"); type = "kernel"; arch = "arm64"; os = "linux"; compression = "none"; load = <0x1000>; entry = <0x1000>; hash-1 {{ algo = "sha256"; }}; hash-2 {{ algo = "crc32"; }}; }};
  fdt {{ description = "f"; data = /incbin/("{tmp_path}/a.dtb"); type = "flat_dt"; arch = "arm64"; compression = "none"; hash-1 {{ algo = "sha1"; }}; }};
  }}; configurations {{ default = "c"; c {{ kernel = "kernel"; fdt = "fdt"; }}; }}; }};""")
    run("mkimage", "-q", *(["-E"] if external else []), "-f", tmp_path / "b.its", tmp_path / "b.itb")
    data = (tmp_path / "b.itb").read_bytes()
    container, found = read(fit, data)
    assert found == {"kernel": b"kernel" * 3000, "fdt": blob}
    assert not container.problems
    assert ("named:linux", "name", "linux") in facts(container)
    assert reader.open(View(data), budget()) is None
    changed = data.replace(b"kernelkernel", b"kernelKERNEL", 1)
    assert codes(fit.open(View(changed), budget())) == {"bad-checksum"}


def test_fit_in_fit_40_deep_ends_with_a_limit():
    data = b"innermost"
    for _ in range(40):
        data = fit_around(data)
    problems = []
    nodes = [artifact for artifact, _ in walk(View(data), Budget(budget().limits), problems.append)]
    assert {getattr(problem, "code", "") for problem in problems} >= {"limit-depth"}
    assert 10 <= len(nodes) <= 12


@pytest.mark.integration
@needs("dtc")
def test_200_damaged_trees_give_damage_or_nodes(blob):
    for mutant in mutants(blob, 200, "device_tree"):
        survives(reader, mutant)


def test_200_damaged_fit_images():
    for mutant in mutants(fit_around(fit_around(b"payload" * 50)), 200, "fit"):
        survives(fit, mutant)


@pytest.mark.integration
@needs("dtc")
def test_dtc_reads_back_the_same_tree_after_a_round_trip(blob):
    text = subprocess.run(["dtc", "-I", "dtb", "-O", "dts", "-"], input=blob, capture_output=True, check=True).stdout
    for node in reader.read_nodes(View(blob)):
        assert node.path == "/" or node.path.rsplit("/", 1)[1].encode() + b" {" in text
