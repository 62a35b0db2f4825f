"""The corpus builder on packages made here, without a network; the scorer on bills written by hand."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

SCRIPT = Path(__file__).resolve().parent.parent / "fixtures" / "corpus.py"
TOOLS = ("dpkg-deb", "mksquashfs")
COPYRIGHT = "Format: x\n\nFiles: *\nCopyright: x\nLicense: GPL-2+\n\nFiles: debian/*\nCopyright: x\nLicense: Expat\n"


def package(folder: Path, name: str, version: str, source: str, files: dict[str, bytes]) -> None:
    root = folder / name
    for path, data in {**files, f"usr/share/doc/{name}/copyright": COPYRIGHT.encode()}.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(data)
    (root / "DEBIAN").mkdir()
    (root / "DEBIAN/control").write_text(
        f"Package: {name}\nVersion: {version}\nSource: {source}\nArchitecture: arm64\n"
        "Maintainer: Example <a@example.org>\nDescription: example\n"
    )
    subprocess.run(["dpkg-deb", "-b", str(root), str(folder / "debs")], check=True, capture_output=True)


def call(*words: str) -> str:
    return subprocess.run([sys.executable, str(SCRIPT), *words], capture_output=True, text=True, check=True).stdout


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    if missing := [tool for tool in TOOLS if shutil.which(tool) is None]:
        pytest.skip(f"{missing[0]} is not installed")
    (tmp_path / "debs").mkdir()
    package(tmp_path, "libone2", "1:1.2.3+dfsg-4", "one (1:1.2.3+dfsg-4)", {"usr/lib/libone.so.2": b"\x7fELF one"})
    package(tmp_path, "tool", "7.0-1", "tool", {"usr/bin/tool": b"\x7fELF tool", "etc/os-release": b"ID=x\n"})
    (tmp_path / "list.txt").write_text("[root]\none: libone2\n[small]\ntool: tool\n")
    call("build", str(tmp_path), "--packages", str(tmp_path / "list.txt"), "--images", "squashfs-gzip,cpio")
    return tmp_path


@pytest.mark.integration
def test_truth_and_images(corpus: Path) -> None:
    truth = json.loads((corpus / "truth.json").read_text())
    assert [(one["component"], one["version"]) for one in truth["components"]] == [("one", "1.2.3"), ("tool", "7.0")]
    assert {one["path"]: (one["kind"], one["licence"]) for one in truth["files"]} == {
        "usr/lib/libone.so.2": ("elf", "GPL-2+"),
        "usr/bin/tool": ("elf", "GPL-2+"),
    }
    assert not (corpus / "rootfs/etc/os-release").exists()
    assert not (corpus / "rootfs/usr/share/doc").exists()
    assert [path.name for path in sorted((corpus / "small/usr").iterdir())] == ["bin", "share"]
    assert [one["path"] for one in json.loads((corpus / "images/images.json").read_text())] == [
        "rootfs.gzip.squashfs",
        "small.cpio.gz",
    ]


def score(tmp_path: Path, components: list[dict[str, Any]]) -> dict[str, Any]:
    names = {"expat": "2.5.0", "curl": "7.88.1", "bash": "5.2.15"}
    truth = {
        "components": [{"component": one, "version": names[one], "licence_main": "Expat"} for one in names],
        "files": [{"component": one, "kind": "elf", "in_rootfs": True} for one in names],
    }
    (tmp_path / "truth.json").write_text(json.dumps(truth))
    (tmp_path / "bom.json").write_text(json.dumps({"bomFormat": "CycloneDX", "components": components}))
    found: dict[str, Any] = json.loads(
        call("score", str(tmp_path / "truth.json"), str(tmp_path / "bom.json"), "--list")
    )
    return found


def test_score_counts_right_wrong_and_missing(tmp_path: Path) -> None:
    found = score(
        tmp_path,
        [
            {"type": "library", "name": "libexpat", "version": "2.5", "licenses": [{"license": {"id": "MIT"}}]},
            {"type": "library", "name": "x", "cpe": "cpe:2.3:a:haxx:curl:8.0:*:*:*:*:*:*:*", "version": "8.0"},
            {"type": "library", "name": "stranger", "components": [{"type": "file", "name": "bash"}]},
        ],
    )
    counts = ("truth", "named", "right_version", "exact_version", "wrong_version", "no_version", "not_in_truth")
    assert [found[key] for key in counts] == [3, 2, 1, 0, 1, 0, 1]
    assert (found["license_right"], found["license_none"], found["bom_rows"]) == (1, 1, 3)
    assert found["halves"] == [
        {"truth": 2, "named": 1, "right_version": 1, "wrong_version": 0, "no_version": 0},
        {"truth": 1, "named": 1, "right_version": 0, "wrong_version": 1, "no_version": 0},
    ]
    assert found["lists"]["missed"] == ["bash"]
    assert found["lists"]["wrong_version"] == ["curl 8.0 (is 7.88.1)"]


def test_parts_of_a_corpus_are_scored_alone(tmp_path: Path) -> None:
    truth = {
        "components": [
            {"component": one, "version": "2.8.0", "licence_main": None} for one in ("curl", "tf-a", "u-boot")
        ],
        "files": [
            {"component": "curl", "kind": "elf", "in_rootfs": True, "in_small": True},
            {"component": "bash", "kind": "elf", "in_rootfs": True, "in_small": False},
        ],
        "bootset": [
            {"path": "bl31.elf", "component": "u-boot"},
            {"path": "x.dtb", "component": "u-boot", "chip": "fsl,imx8mp"},
            {"path": "y.dtb", "component": "u-boot", "chip": "rockchip,rk3399"},
        ],
    }
    rows = [
        {"type": "library", "name": "curl", "version": "2.8"},
        {"type": "firmware", "name": "Das U-Boot", "version": "2.8.0"},
        {"type": "device", "name": "fsl,imx8mp"},
        {"type": "device", "name": "nxp,pca9450c"},
    ]
    (tmp_path / "truth.json").write_text(json.dumps(truth))
    (tmp_path / "bom.json").write_text(json.dumps({"bomFormat": "CycloneDX", "components": rows}))
    words = ("score", str(tmp_path / "truth.json"), str(tmp_path / "bom.json"), "--list", "--part")
    small = json.loads(call(*words, "small"))
    assert (small["truth"], small["named"], small["lists"]["missed"]) == (1, 1, [])
    boot = json.loads(call(*words, "boot"))
    assert (boot["truth"], boot["named"], boot["exact_version"]) == (1, 1, 1)
    assert boot["lists"]["missed"] == ["rockchip,rk3399"]


def test_score_takes_one_right_version_among_several(tmp_path: Path) -> None:
    rows = [{"type": "library", "name": "bash", "version": text} for text in ("5.2.15", "5.2.1", "4.0")]
    found = score(tmp_path, rows)
    assert (found["right_version"], found["exact_version"], found["extra_versions"]) == (1, 1, 2)


@pytest.mark.parametrize(
    ("said", "main", "verdict"),
    [
        ("GPL-3.0-or-later", "GPL-3+", "right"),
        ("GPL-2.0-or-later OR AFL-2.1", "GPL-2+ or AFL-2.1", "right"),
        ("(MIT AND Zlib)", "Zlib and Expat", "right"),
        ("GPL-2.0-only WITH Linux-syscall-note", "GPL-2", "right"),
        ("GPL-3.0-only", "GPL-3+", "wrong"),
        ("LGPL-2.1-or-later", "GPL-2+", "wrong"),
    ],
)
def test_an_operator_is_a_word_of_its_own(tmp_path: Path, said: str, main: str, verdict: str) -> None:
    truth = {
        "components": [{"component": "bash", "version": "5.2.15", "licence_main": main}],
        "files": [{"component": "bash", "kind": "elf", "in_rootfs": True}],
    }
    bill = {
        "bomFormat": "CycloneDX",
        "components": [{"type": "library", "name": "bash", "licenses": [{"expression": said}]}],
    }
    (tmp_path / "truth.json").write_text(json.dumps(truth))
    (tmp_path / "bom.json").write_text(json.dumps(bill))
    found = json.loads(call("score", str(tmp_path / "truth.json"), str(tmp_path / "bom.json")))
    assert found[f"license_{verdict}"] == 1
