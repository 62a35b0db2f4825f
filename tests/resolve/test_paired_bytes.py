"""The ELF file of a build tells what its flat image, HEX and S-record file are; one changed byte parts them."""

from __future__ import annotations

import shutil
import sys
from datetime import date
from pathlib import Path

import bincopy
import pytest

from auditor import knowledge, pipeline
from auditor.model import Component, Inventory

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures"
TOOL = "arm-none-eabi-gcc"

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(not shutil.which(TOOL), reason=f"{TOOL} is not installed"),
]


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> Path:
    sys.path.insert(0, str(FIXTURES))
    from corpus_parts import kernels  # type: ignore[import-not-found]

    folder = tmp_path_factory.mktemp("pair")
    silent = next(row for row in kernels.kernels() if row["id"] == "erika")
    elf = kernels.build(silent, kernels.CORES["cortex-m4"], folder / "build")
    kernels.forms_of(elf, folder, "fw")
    return folder


def inventory(*paths: Path) -> Inventory:
    found, _ = pipeline.inventory(
        [str(path) for path in paths], pipeline.Options(as_of=date(2026, 1, 1)), knowledge.load()
    )
    return found


def system(found: Inventory) -> Component:
    return next(one for one in found.components if one.key == "erika")


@pytest.mark.parametrize("form", ["bin", "hex", "s19"])
def test_the_flashed_file_is_what_the_build_says(images: Path, form: str) -> None:
    alone = inventory(images / f"fw.{form}")
    assert not [one for one in alone.components if one.key == "erika"]
    both = inventory(images / "fw.elf", images / f"fw.{form}")
    built, flashed = (next(one for one in both.inputs if one.path.endswith(end)) for end in (".elf", form))
    proven = [vote for vote in system(both).evidence if vote.method == "same-bytes"]
    assert {(vote.input, vote.path) for vote in proven} == {(flashed.id, "")}
    facts = [vote for vote in both.unresolved if vote.claim == "same-bytes-as"]
    assert [(vote.input, vote.value) for vote in facts] == [(flashed.id, built.sha256)]


def test_one_other_byte_proves_nothing(images: Path) -> None:
    file = bincopy.BinFile(str(images / "fw.hex"))
    data = bytearray(file.as_binary())
    data[-1] ^= 1
    other = bincopy.BinFile()
    other.add_binary(bytes(data), address=file.minimum_address)
    (images / "other.hex").write_text(other.as_ihex())
    (images / "other.bin").write_bytes(data)
    found = inventory(images / "fw.elf", images / "other.hex", images / "other.bin")
    assert not [vote for vote in system(found).evidence if vote.method == "same-bytes"]


def test_the_same_bytes_elsewhere_prove_nothing(images: Path) -> None:
    file = bincopy.BinFile(str(images / "fw.hex"))
    moved = bincopy.BinFile()
    moved.add_binary(file.as_binary(), address=file.minimum_address + 0x1000)
    (images / "moved.hex").write_text(moved.as_ihex())
    found = inventory(images / "fw.elf", images / "moved.hex")
    assert not [vote for vote in system(found).evidence if vote.method == "same-bytes"]
