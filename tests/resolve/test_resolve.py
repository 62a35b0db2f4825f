"""Votes to components: who says it counts, unknown beats truncated, nothing is lost."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.knowledge import load
from auditor.model import (
    Actor,
    Artifact,
    Component,
    Declared,
    DeclaredLicense,
    Document,
    Evidence,
    Examination,
    Input,
    Inventory,
)
from auditor.resolve import resolve
from auditor.resolve.votes import upstream, version

KNOWLEDGE = load()


def vote(subject: str, claim: str, value: str, path: str = "a", **more: Any) -> Evidence:
    given_ = {"detector": "t", "method": "string", "grade": "decisive", "artifact": "0" * 64} | more
    return Evidence(subject=subject, claim=claim, value=value, path=path, **given_)


def audit(evidence: list[Evidence], documents: list[Document] = [], **more: Any) -> Inventory:  # noqa: B006
    one = Input(id="i", path="x", type="t", size=1, sha256="", ecu="E")
    look = Examination(evidence=tuple(evidence), documents=tuple(documents), **more)
    return resolve([one], [look], KNOWLEDGE)


def paper(*components: Declared, **more: Any) -> Document:
    return Document(format="f", version="1", subject=None, components=components, sha256="d", **more)


def only(inventory: Inventory) -> Component:
    assert len(inventory.components) == 1, [one.key for one in inventory.components]
    return inventory.components[0]


def test_own_file_outweighs_traces_elsewhere() -> None:
    mentions = [vote("foo", "version", "9.9", path=f"b{n}", role="mention", grade="supporting") for n in range(3)]
    found = only(audit([vote("foo", "version", "1.2.3", grade="supporting"), *mentions]))
    assert (found.version, found.paths) == ("1.2.3", ("a",))


def test_what_another_format_calls_a_system_is_that_system() -> None:
    votes = [
        vote("named:arm-trusted-firmware", "name", "arm-trusted-firmware", role="mention"),
        vote("tf-a", "version", "2.8"),
    ]
    assert (only(audit(votes)).key, only(audit(votes)).version) == ("tf-a", "2.8")
    assert only(audit([vote("named:acme-os", "name", "acme-os")])).key == "acme-os"


def test_a_longer_version_is_the_shorter_one_said_exactly() -> None:
    votes = [vote("foo", "version", "3.0"), vote("foo", "version", "3.0.15", grade="supporting")]
    assert version(votes) == ("3.0.15", ())


def test_a_version_is_not_extended_inside_a_number() -> None:
    found, against = version([vote("foo", "version", "3.0.2"), vote("foo", "version", "3.0.20")])
    assert found in ("3.0.2", "3.0.20")
    assert len(against) == 1


def test_disagreement_of_weight_is_kept() -> None:
    found = only(audit([vote("foo", "version", "1.0"), vote("foo", "version", "2.0", path="b", grade="supporting")]))
    assert found.version == "1.0"
    assert found.contradictions == ("version: 1.0 against 2.0",)


def test_a_range_never_becomes_a_version() -> None:
    found = only(audit([vote("foo", "version-range", ">=2.11,<2.13")]))
    assert (found.version, found.version_range) == (None, ">=2.11,<2.13")


@pytest.mark.parametrize(
    ("package", "expected"),
    [
        ("1:9.2p1-2+deb12u3", "9.2p1"), ("3.0.20-1~deb12u2", "3.0.20"), ("1.36.1-r2", "1.36.1"),
        ("2.31+dfsg-1", "2.31"), ("6.1.176-1", "6.1.176"), ("1.0", "1.0"),
    ],
)  # fmt: skip
def test_package_versions_lose_epoch_and_revision(package: str, expected: str) -> None:
    assert upstream(package, "package-database") == expected
    assert upstream(package, "string") == package


def test_weak_traces_make_no_component_and_are_not_lost() -> None:
    inventory = audit([vote("foo", "name", "foo", grade="weak", role="mention")])
    assert inventory.components == ()
    assert [one.subject for one in inventory.unresolved] == ["foo"]


def test_nameless_library_and_executables_are_components() -> None:
    facts = [
        vote("file:lib/libodd.so.1", "machine", "183", path="lib/libodd.so.1"),
        vote("file:lib/libodd.so.1", "soname", "libodd.so.1", path="lib/libodd.so.1"),
        vote("file:bin/x", "machine", "183", path="bin/x"),
        vote("file:bin/y", "machine", "183", path="bin/y"),
    ]
    assert sorted((one.key, one.name) for one in audit(facts).components) == [
        ("soname:libodd.so.1", "libodd"),
        ("unidentified:executables", "2 unidentified executables"),
    ]


@pytest.mark.parametrize(
    ("soname", "name"),
    [
        ("libodd.so.1", "libodd"),
        ("libodd-1.0.so.0.2.7", "libodd-1.0"),
        ("libodd-2.40.so", "libodd"),
        ("libodd.so.so.3", "libodd.so"),
    ],
)
def test_a_nameless_library_is_called_by_its_stem_and_has_no_version(soname: str, name: str) -> None:
    path = f"lib/{soname}.2.3"
    found = only(audit([vote(f"file:{path}", "soname", soname, path=path)]))
    assert (found.name, found.version, found.version_range, found.purl) == (name, None, None, None)
    assert (found.soname, found.paths) == (soname, (path,))
    assert {one.grade for one in found.evidence if one.claim == "name"} == {"weak"}


def test_a_plug_in_without_a_number_is_no_library_of_its_own() -> None:
    facts = [vote("file:lib/odd.so", "soname", "odd.so", path="lib/odd.so")]
    assert audit(facts).components == ()


def test_an_input_that_is_an_executable_is_the_controllers_own_program_and_not_undeclared() -> None:
    said = Declared(pointer="/components/0", name="foo", version="1.0", ref="foo")
    facts = [vote("file:", "machine", "40", path=""), vote("file:bin/x", "machine", "40", path="bin/x")]
    inventory = audit(facts, [paper(said)])
    names = {one.key: one.name for one in inventory.components if one.observed}
    assert names == {
        "unidentified:program": "program of E",
        "unidentified:executables": "1 unidentified executable",
    }
    only_observed = {row.component for row in inventory.comparison if row.class_ == "only-observed"}
    assert only_observed == {one.id for one in inventory.components if one.key == "unidentified:executables"}


def test_needed_libraries_become_links() -> None:
    facts = [
        vote("foo", "name", "foo", path="bin/foo"),
        vote("bar", "name", "bar", path="lib/libbar.so.1"),
        vote("file:bin/foo", "needed", "libbar.so.1", path="bin/foo"),
        vote("file:lib/libbar.so.1", "soname", "libbar.so.1", path="lib/libbar.so.1"),
    ]
    inventory = audit(facts)
    ids = {one.key: one.id for one in inventory.components}
    assert [(one.source, one.target, one.grade) for one in inventory.links] == [(ids["foo"], ids["bar"], "decisive")]


def test_declared_and_observed_join_and_bytes_decide() -> None:
    said = Declared(pointer="/components/0", name="foo", version="1.0", ref="foo")
    inventory = audit([vote("foo", "version", "1.1")], [paper(said)])
    found = only(inventory)
    assert (found.version, found.declared, found.observed) == ("1.1", True, True)
    assert found.contradictions == ("version: declared 1.0, observed 1.1",)
    assert [row.class_ for row in inventory.comparison] == ["version-differs"]


def test_a_more_exact_version_is_no_difference() -> None:
    said = Declared(pointer="/components/0", name="foo", version="1.0")
    assert [row.class_ for row in audit([vote("foo", "version", "1.0.3")], [paper(said)]).comparison] == ["confirmed"]


def test_licenses_differ_with_the_place_of_both_sides() -> None:
    said = Declared(pointer="/components/0", name="foo", version="1.0", licenses=(DeclaredLicense("MIT"),))
    facts = [vote("foo", "version", "1.0"), vote("foo", "license", "Zlib", path="usr/share/foo", line=7)]
    (row,) = audit(facts, [paper(said)]).comparison
    assert (row.class_, row.declared, row.observed) == ("license-differs", "MIT", "Zlib")
    assert (row.declared_at, row.observed_at) == ("/components/0", "usr/share/foo line 7")


@pytest.mark.parametrize("found", ["MIT", "MIT OR Zlib", "something of our own"])
def test_licenses_that_may_agree_are_no_difference(found: str) -> None:
    said = Declared(pointer="/components/0", name="foo", version="1.0", licenses=(DeclaredLicense("MIT"),))
    facts = [vote("foo", "version", "1.0"), vote("foo", "license", found)]
    assert [row.class_ for row in audit(facts, [paper(said)]).comparison] == ["confirmed"]


@pytest.mark.parametrize(
    ("named", "expected"),
    [
        ("Other Motors", "supplier-differs"),
        ("Example Parts GmbH", "confirmed"),
        ("Jane <jane@example.org>", "confirmed"),
    ],
)
def test_suppliers_differ_only_where_two_parties_are_named(named: str, expected: str) -> None:
    said = Declared(pointer="/components/0", name="foo", version="1.0", supplier=Actor(name="Example Parts"))
    facts = [vote("foo", "version", "1.0"), vote("foo", "supplier", named)]
    (row,) = audit(facts, [paper(said)]).comparison
    assert row.class_ == expected
    assert (row.declared_at, row.observed_at) == (("/components/0", "a") if expected != "confirmed" else (None, None))


def test_similar_names_never_match() -> None:
    said = Declared(pointer="/components/0", name="libfo", version="1.0")
    rows = sorted(row.class_ for row in audit([vote("libfoo", "version", "1.0")], [paper(said)]).comparison)
    assert rows == ["only-declared", "only-observed"]


@pytest.mark.parametrize(
    "said",
    [
        Declared(pointer="/0", name="other", purl="pkg:generic/foo@1.0"),
        Declared(pointer="/0", name="other", hashes=(("SHA-256", "A" * 64),)),
        Declared(pointer="/0", name="other", paths=("/usr/lib/libfoo.so.1",)),
        Declared(pointer="/0", name="libfoo.so.1"),
    ],
    ids=["purl", "hash", "path", "soname"],
)
def test_every_way_to_match(said: Declared) -> None:
    path = "usr/lib/libfoo.so.1"
    facts = [
        vote("foo", claim, value, path=path)
        for claim, value in (("purl", "pkg:generic/foo@1.1"), ("soname", "libfoo.so.1"))
    ]
    file = Artifact(id="a" * 64, path=path, kind="file", size=1)
    assert only(audit(facts, [paper(said)], artifacts=(file,))).key == "foo"


def test_an_executable_is_found_by_its_declared_name() -> None:
    said = Declared(pointer="/0", name="maind", version="2.0", type="application")
    facts = [vote("file:usr/bin/maind", "machine", "183", path="usr/bin/maind")]
    found = only(audit(facts, [paper(said)]))
    assert (found.observed, found.paths, found.version) == (True, ("usr/bin/maind",), "2.0")


def test_two_declared_versions_stay_two() -> None:
    two = (Declared(pointer="/0", name="foo", version="1.0"), Declared(pointer="/1", name="foo", version="2.0"))
    assert sorted(one.version or "" for one in audit([], [paper(*two)]).components) == ["1.0", "2.0"]


WORDS = st.sampled_from(["foo", "bar", "baz"])
VOTES = st.builds(
    vote, WORDS, st.sampled_from(["version", "name"]), st.sampled_from(["1", "1.2", "2.0"]), WORDS,
    grade=st.sampled_from(["decisive", "supporting", "weak"]), role=st.sampled_from(["self", "mention"]),
)  # fmt: skip


@given(st.lists(VOTES, max_size=12), st.randoms(use_true_random=False))
def test_order_of_votes_does_not_matter_and_none_is_lost(votes: list[Evidence], random: Any) -> None:
    first = audit(votes)
    shuffled = list(votes)
    random.shuffle(shuffled)
    assert audit(shuffled) == first
    kept = sum(len(one.evidence) for one in first.components) + len(first.unresolved)
    assert kept == len(votes)


def test_controllers_stay_apart() -> None:
    inputs = [Input(id=name, path=name, type="t", size=1, sha256="", ecu=name) for name in ("A", "B")]
    looks = [
        Examination(evidence=(vote("foo", "version", "1.0"),)),
        Examination(documents=(paper(Declared(pointer="/0", name="foo", version="2.0")),)),
    ]
    found = resolve(inputs, looks, KNOWLEDGE)
    assert [(one.ecu, one.version) for one in found.components] == [("A", "1.0"), ("B", "2.0")]
    assert found.comparison == ()
