"""Running all detectors: order, faults, documents."""

from __future__ import annotations

import types
from collections.abc import Iterator

import elf_writer
import pytest

from auditor import identify as package
from auditor.identify import detectors, identify
from auditor.identify.sample import Sample
from auditor.limits import Limits
from auditor.model import Artifact, Evidence
from auditor.unpack.view import LimitHit, View


def sample(data: bytes, path: str = "a/b") -> Sample:
    return Sample(Artifact(id="1" * 64, path=path, kind="file", size=len(data)), View(data), Limits())


def test_detectors_come_by_name_and_once() -> None:
    names = [module.__name__ for module in detectors()]
    assert names == sorted(set(names))
    assert detectors() is detectors()


def test_votes_carry_place_and_are_sorted() -> None:
    result = identify(sample(elf_writer.shared_object()))
    assert result.evidence
    assert {(vote.path, vote.artifact) for vote in result.evidence} == {("a/b", "1" * 64)}
    keys = [(vote.subject, vote.claim, vote.value) for vote in result.evidence]
    assert keys == sorted(keys)
    assert result == identify(sample(elf_writer.shared_object()))


def test_nothing_is_said_of_an_empty_file() -> None:
    assert identify(sample(b"")) == ((), (), ())


@pytest.mark.parametrize(
    ("fault", "code", "limit"),
    [(ValueError("x"), "reader-error", None), (LimitHit("votes", 7, "too many"), "limit-votes", "votes")],
)
def test_a_fault_keeps_the_votes_before_it_and_those_of_others(
    monkeypatch: pytest.MonkeyPatch, fault: Exception, code: str, limit: str | None
) -> None:
    def detect(seen: Sample) -> Iterator[Evidence]:
        yield seen.vote("zz", "name", "before", detector="faulty", method="test", grade="weak")
        raise fault

    faulty = types.ModuleType("auditor.identify.firmware.faulty")
    faulty.detect = detect  # type: ignore[attr-defined]
    modules = (faulty, *detectors())
    monkeypatch.setattr(package, "detectors", lambda: modules)
    result = identify(sample(elf_writer.shared_object()))
    assert "before" in {vote.value for vote in result.evidence}
    assert "libc.so.6" in {vote.value for vote in result.evidence}
    assert [(problem.code, problem.limit, problem.path) for problem in result.problems] == [(code, limit, "a/b")]
