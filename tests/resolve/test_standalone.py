"""Images of microcontrollers without a known system are asked about wherever they were delivered."""

from __future__ import annotations

import json
import shutil
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from auditor.model import Artifact, Component, Evidence, Examination, Input
from auditor.resolve.standalone import unnamed

DEMO = Path(__file__).resolve().parents[2] / "fixtures/demo/body-controller"
UNKNOWN = b"\0\x80\0\x20" + b"\1\2\0\x08" * 15 + bytes(range(7, 250)) * 20


def packed(folder: Path, how: str) -> list[str]:
    """Deliver a controller with a known system and one without; returns the arguments of the command."""
    (folder / "out").mkdir()
    shutil.copy(DEMO / "body.elf", folder / "out/body.elf")
    (folder / "out/brake.bin").write_bytes(UNKNOWN)
    if how == "tar":
        with tarfile.open(folder / "out.tar.gz", "w:gz") as made:
            made.add(folder / "out", "out")
        return ["out.tar.gz"]
    if how == "zip":
        with zipfile.ZipFile(folder / "out.zip", "w") as archive:
            for path in (folder / "out").iterdir():
                archive.write(path, path.name)
        return ["out.zip"]
    return ["out"] if how == "folder" else ["--ecu", "X=out/body.elf", "--ecu", "X=out/brake.bin"]


@pytest.mark.parametrize("how", ["files", "folder", "tar", "zip"])
def test_an_unknown_image_beside_a_known_one_never_passes(how: str, program: Any, tmp_path: Path) -> None:
    done = program("check", *packed(tmp_path, how), "-f", "json", "--as-of", "2026-11-24", cwd=tmp_path)
    report = json.loads(done.stdout)
    (one,) = [one for one in report["findings"] if one["rule"] == "os-not-identified"]
    assert one["verdict"] == "undetermined" and "brake.bin" in one["message"] and "body.elf" not in one["message"]
    assert report["verdict"]["result"] != "pass"


def component(path: str, kind: str = "rtos", role: str = "self") -> Component:
    votes = (Evidence("k", "name", "known", "signatures", "symbols", "decisive", role=role, path=path, input="i"),)  # type: ignore[arg-type]
    return Component("id", "k", kind, "kernel", "known", "e", observed=True, evidence=votes)  # type: ignore[arg-type]


def seen(*files: tuple[str, str, str | None], votes: Callable[[str], str | None] = lambda path: None) -> Any:
    """Files as (path, format, parent) of one input; `votes` gives the claim on a path."""
    artifacts = tuple(
        Artifact("" if kind == "directory" else "0" * 64, path, "directory" if kind == "directory" else "file", 4096,
                 format="" if kind == "directory" else kind, parent=parent)
        for path, kind, parent in files
    )  # fmt: skip
    facts = [
        Evidence(f"file:{path}", claim, "x", "elf", "elf", "decisive", path=path, input="i")
        for path, *_ in files
        if (claim := votes(path))
    ]
    return facts, [(Input("i", "in", "directory", 0, "", "e"), Examination(artifacts=artifacts))]


ROOT = ("", "directory", None)


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ([("", "intel_hex", None)], [("in", "intel_hex")]),
        ([("", "", None)], [("in", "raw-image")]),
        ([ROOT, ("a.s19", "srec", "")], [("in!/a.s19", "srec")]),
        ([("", "zip", None), ("x.tar", "tar", ""), ("x.tar!/a", "vbf", "x.tar")], [("in!/x.tar!/a", "vbf")]),
        ([("", "squashfs", None), ("a.hex", "intel_hex", "")], []),
        ([ROOT, ("f.img", "ext", ""), ("f.img!/a.hex", "intel_hex", "f.img")], []),
        ([ROOT, ("usr/lib/firmware/a.hex", "intel_hex", "")], []),
        ([ROOT, ("root/etc/x", "text", ""), ("root/lib/a.hex", "intel_hex", "")], []),
        ([ROOT, ("lib/a.hex", "intel_hex", "")], [("in!/lib/a.hex", "intel_hex")]),
        ([ROOT, ("notes.txt", "text", ""), ("p.png", "png", "")], []),
    ],
)
def test_what_is_asked_about(files: list[tuple[str, str, str | None]], expected: list[tuple[str, str]]) -> None:
    facts, group = seen(*files)
    assert unnamed([], facts, group) == expected


def test_bare_metal_elf_files_are_images_and_others_are_not() -> None:
    facts, group = seen(ROOT, ("a.elf", "elf", ""), ("b.elf", "elf", ""), votes=lambda path: "load-digest" if path == "a.elf" else None)  # fmt: skip
    assert unnamed([], facts, group) == [("in!/a.elf", "elf")]


@pytest.mark.parametrize("kind", ["rtos", "bootloader", "hypervisor", "firmware", "os-kernel"])
def test_a_name_for_the_file_or_a_part_of_it_is_enough(kind: str) -> None:
    facts, group = seen(ROOT, ("a.hex", "intel_hex", ""), ("b.hex", "intel_hex", ""))
    assert unnamed([component("a.hex", kind), component("b.hex!/segment@0x0", kind)], facts, group) == []
    assert unnamed([component("a.hex", kind)], facts, group) == [("in!/b.hex", "intel_hex")]
    assert unnamed([component("b.hexagon", kind)], facts, group) != []
    assert len(unnamed([component("a.hex", "library"), component("b.hex", "library")], facts, group)) == 2
    assert len(unnamed([component("a.hex", role="mention")], facts, group)) == 2
