"""What several detectors read of one file: names of symbols against an independent reader, text or not, packages."""

from __future__ import annotations

import _hashlib
import sys
from pathlib import Path

import lief
import pytest

from auditor.identify import elf_file
from auditor.identify.sample import Sample
from auditor.identify.signatures.index import build
from auditor.identify.signatures.record import Signature
from auditor.limits import Limits
from auditor.model import Artifact
from auditor.unpack.view import View

PROGRAM = Path(getattr(_hashlib, "__file__", None) or sys.executable)


@pytest.mark.skipif(PROGRAM.read_bytes()[:4] != b"\x7fELF", reason="this Python is no ELF program")
def test_names_of_symbols_are_those_of_another_reader() -> None:
    data = PROGRAM.read_bytes()
    elf = elf_file.read(View(data))
    binary = lief.ELF.parse(list(data))
    assert elf is not None and binary is not None
    named = [symbol for symbol in binary.symbols if symbol.name]
    assert elf.symbols == {str(symbol.name) for symbol in named}
    assert elf.defined == {str(symbol.name) for symbol in named if symbol.shndx != 0}
    assert elf.defined < elf.symbols
    binding = (lief.ELF.Symbol.BINDING.GLOBAL, lief.ELF.Symbol.BINDING.WEAK)
    dynamic = [symbol for symbol in binary.dynamic_symbols if symbol.name and symbol.shndx != 0]
    assert elf.exported == {str(symbol.name) for symbol in dynamic if symbol.binding in binding}


def test_names_that_are_no_text_are_shown_as_escapes_and_bounded() -> None:
    found: set[str] = set()
    raw = b"\0plain\0caf\xe9\0tail\0"
    assert elf_file._take_names(raw, [1, 7, 12, 14, 0, 400], 100, found) == 100 - 5 - 4 - 4 - 2
    assert found == {"plain", "caf\\xe9", "tail", "il"}
    assert elf_file._take_names(b"\0abcdef\0", [1, 2, 3], 8, found) < 0


@pytest.mark.parametrize(("data", "text"), [(b"a\tb\r\nc", True), (b"a\0b", False), (b"\x7fELF", False), (b"", False)])
def test_text_has_no_control_characters(data: bytes, text: bool) -> None:
    artifact = Artifact(id="", path="image!/etc/name", kind="file", size=len(data))
    sample = Sample(artifact, View(data), Limits())
    assert (sample.is_text, sample.name, sample.head) == (text, "name", data)


def test_a_package_belongs_to_the_most_specific_glob() -> None:
    def signature(key: str, *packages: str) -> Signature:
        return Signature(id=key, name=key, kind="library", layer="middleware", tests=(), packages=packages)

    index = build((signature("wide", "libdemo*"), signature("narrow", "libdemo-tls?", "libdemo-x*y")), plain=True)
    asked = ("libdemo-tls3", "LIBDEMO-TLS3", "libdemo-tls30", "libdemo-x1y", "libdemo-x1z", "libdem", "narrow")
    assert [index.key_of_package(name) for name in asked] == [
        "narrow", "narrow", "wide", "narrow", "wide", None, "narrow",
    ]  # fmt: skip
