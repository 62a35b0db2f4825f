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


@pytest.mark.parametrize(
    ("path", "data"),
    [
        ("west.yml", b"manifest:\n a: &a [x,x,x,x]\n b: &b [*a,*a,*a]\n projects: [{name: n, revision: *b}]\n"),
        ("west.yml", b"a: " + b"[" * 50_000),
        ("fw.map", b"Discarded input sections\n" * 20_000),
        ("fw.map", b"Memory Configuration\n" + b" " * 200_000),
        ("default.xml", b"<manifest>" + b'<project name="a"/>\n' * 5_000),
        ("zImage", b"\0" * 4096 + b"Linux version 1.1 (@" * 20_000),
        ("zImage", b"\0" * 4096 + (b"Linux version 1.1 (a@b) (" + b")" * 390) * 1_000),
        ("a/node_modules/b/package.json", b"[" * 100_000),
        ("var/lib/dpkg/status", b"Package: a\nVersion: 1\n\n" * 12_000),
    ],
)
def test_hostile_texts_end_and_are_reported_as_data(path: str, data: bytes) -> None:
    result = identify(sample(data, path))
    assert not [problem for problem in result.problems if problem.code == "reader-error"]
    assert len(result.evidence) < 60_000
