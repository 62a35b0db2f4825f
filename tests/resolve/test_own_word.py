"""What a program calls itself names it, and makes it no known project."""

from __future__ import annotations

from datetime import date

from auditor import knowledge
from auditor.model import Evidence, Inventory
from auditor.resolve import observed
from auditor.trace import trace

FACTS = knowledge.load()


def votes(subject: str, path: str, detector: str, grade: str = "supporting") -> list[Evidence]:
    return [
        Evidence(subject, claim, value, detector, "string", grade, path=path, input="i", artifact=path)  # type: ignore[arg-type]
        for claim, value in (("name", "llvm"), ("version", "12.0.1"))
    ]


def found(*evidence: Evidence) -> list[tuple[str, str | None, str | None, int]]:
    made, _ = observed.components(evidence, "controller", {"i": "image"}, FACTS)
    known = trace(Inventory(inputs=(), artifacts=(), components=tuple(made.values())), FACTS, date(2026, 11, 24))
    return [(one.key, one.version, one.licenses.concluded, len(one.origin)) for one in known.components]


def test_its_own_word_gives_a_program_neither_origin_nor_license() -> None:
    assert found(*votes("program:llvm", "bin/llvm", "own_words")) == [("program:llvm", "12.0.1", None, 0)]


def test_beside_another_who_names_the_project_it_is_that_project() -> None:
    ((key, version, license_, origin),) = found(
        *votes("program:llvm", "bin/llvm", "own_words"), *votes("llvm", "bin/opt", "signatures", "decisive")
    )
    assert (key, version) == ("llvm", "12.0.1")
    assert license_
    assert origin
