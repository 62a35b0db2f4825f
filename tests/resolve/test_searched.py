"""Where no operating system was recognized, the controller's finding says what was looked for and where."""

from __future__ import annotations

from auditor.identify.signatures import system_names
from auditor.knowledge import load
from auditor.model import Artifact, Document, Evidence, Examination, Input, Inventory
from auditor.resolve import resolve
from auditor.resolve.searched import SYSTEMS

KNOWLEDGE = load()


def audit(*evidence: Evidence, files: tuple[str, ...] = ("",), documents: tuple[Document, ...] = ()) -> Inventory:
    one = Input(id="i", path="out/fw.bin", type="t", size=1, sha256="", ecu="BCM")
    artifacts = tuple(Artifact(id="a" * 64, path=path, kind="file", size=9) for path in files)
    return resolve([one], [Examination(evidence=evidence, artifacts=artifacts, documents=documents)], KNOWLEDGE)


def fact(claim: str, value: str, path: str, subject: str = "") -> Evidence:
    return Evidence(subject or f"file:{path}", claim, value, "t", "t", "decisive", path=path)


def test_what_was_looked_for_and_where() -> None:
    count = len(system_names(SYSTEMS))
    assert count > 40
    (texts, symbols) = audit(files=("", "a", "b", "c", "d")).searched
    assert texts == ("BCM", f"texts and banners of {count} systems in 5 files of out/fw.bin")
    assert symbols == ("BCM", "their symbols, for which neither an ELF file nor a linker map is among the inputs")


def test_files_with_symbols_are_named() -> None:
    found = audit(fact("machine", "40", "a.elf"), fact("format", "map-gnu-ld", "a.map"), fact("format", "gzip", "x"))
    assert found.searched[1][1] == "their symbols in out/fw.bin!/a.elf, out/fw.bin!/a.map"


def test_a_system_that_was_seen_was_not_looked_for_in_vain() -> None:
    assert audit(fact("name", "Zephyr", "", "zephyr"), fact("kind", "rtos", "", "zephyr")).searched == ()


def test_documents_are_no_place_to_look() -> None:
    paper = Document(format="f", version="1", subject=None, components=(), sha256="d")
    assert audit(documents=(paper,)).searched == ()
