"""Several releases of one package in an image are components of their own; one place that names two contradicts."""

from __future__ import annotations

from auditor import knowledge
from auditor.model import Declared, Document, Evidence
from auditor.resolve import observed, releases
from auditor.resolve.declared import Observed, as_component

KEY = "golang:example.org/net"


def votes(path: str, version: str, subject: str = KEY, grade: str = "decisive") -> list[Evidence]:
    return [
        Evidence(subject, claim, value, "languages", "go-buildinfo", grade, path=path, input="i", artifact=path)  # type: ignore[arg-type]
        for claim, value in (("name", "example.org/net"), ("version", version))
    ]


def made(*evidence: Evidence) -> dict[str, tuple[str | None, tuple[str, ...]]]:
    found, _ = observed.components(evidence, "controller", {"i": "image"}, knowledge.load())
    return {key: (one.version, one.contradictions) for key, one in found.items()}


def test_each_release_is_a_component() -> None:
    found = made(*votes("bin/a", "1.58.3"), *votes("bin/b", "1.71.1"), *votes("bin/c", "1.71.1"))
    assert found == {KEY: ("1.71.1", ()), f"{KEY}@1.58.3": ("1.58.3", ())}


def test_one_release_in_many_places_is_one_component() -> None:
    assert made(*votes("bin/a", "1.58.3"), *votes("bin/b", "1.58.3")) == {KEY: ("1.58.3", ())}


def test_a_place_that_names_two_releases_contradicts_itself() -> None:
    ((version, contradictions),) = made(*votes("bin/a", "1.58.3"), *votes("bin/a", "1.71.1")).values()
    assert version is not None
    assert contradictions


def test_only_metadata_of_packages_divides() -> None:
    both = [*votes("lib/a", "1.0.0", "soname:libx.so.1"), *votes("lib/b", "2.0.0", "soname:libx.so.1")]
    assert releases.divide({"x": both}) == {"x": both}
    weak = [*votes("bin/a", "1.0.0"), *votes("bin/b", "2.0.0", grade="supporting")]
    assert releases.divide({KEY: weak}) == {KEY: weak}


def test_a_declaration_meets_the_release_it_names() -> None:
    known = knowledge.load()
    evidence = (*votes("bin/a", "1.58.3"), *votes("bin/b", "1.71.1"), *votes("bin/c", "1.71.1"))
    found, _ = observed.components(evidence, "controller", {"i": "image"}, known)
    index = Observed(found, {}, {}, known)
    for version, key in (("1.58.3", f"{KEY}@1.58.3"), ("1.71.1", KEY), ("1.0.0", KEY)):
        declared = Declared("/components/0", "example.org/net", version, purl=f"pkg:golang/example.org/net@{version}")
        document = Document("cyclonedx-json", "1.6", None, (declared,), input="j")
        component = as_component(declared, document, "controller", known)
        assert index.match(declared, component) == key
