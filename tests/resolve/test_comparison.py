"""Declared against observed: which difference names the row, and what is no difference."""

from __future__ import annotations

import msgspec
import pytest

from auditor.knowledge import load
from auditor.model import Actor, Component, Declared, DeclaredLicense, Document, Evidence
from auditor.resolve.comparison import compare, same_version

KNOWLEDGE = load()


def part(**fields: object) -> Component:
    return Component(id="i", key="k", kind="library", layer="middleware", name="part", ecu="e", **fields)  # type: ignore[arg-type]


def sold(by: str, grade: str = "decisive") -> Component:
    vote = Evidence("k", "supplier", by, "package_db", "package-database", grade, path="db")  # type: ignore[arg-type]
    return part(version="1", evidence=(vote,))


def row(seen: Component, said: Component) -> str:
    return compare(seen, seen, said, KNOWLEDGE).class_


@pytest.mark.parametrize(
    ("one", "other", "same"), [("3.0", "3.0.15", True), ("3.0.15", "3.0", True), ("3.0", "3.01", False)]
)
def test_a_more_exact_version_agrees_from_either_side(one: str, other: str, same: bool) -> None:
    assert same_version(one, other) is same


@pytest.mark.parametrize(("seen", "said"), [(None, "1.0"), ("1.0", None), (None, None)])
def test_a_version_that_one_side_does_not_give_is_not_confirmed(seen: str | None, said: str | None) -> None:
    assert row(part(version=seen), part(version=said)) == "version-unknown"
    assert row(part(version="1.0"), part(version="1.0")) == "confirmed"
    chip = msgspec.structs.replace(part(), kind="chip")
    assert compare(chip, chip, chip, KNOWLEDGE).class_ == "confirmed"


def test_a_weak_vote_names_no_supplier() -> None:
    said = part(version="1", supplier=Actor("Maker One"))
    assert row(sold("Somebody Else"), said) == "supplier-differs"
    assert row(sold("Somebody Else", "weak"), said) == "confirmed"


def test_two_known_parties_are_one_only_by_their_record() -> None:
    first, second, *_ = [one for one in KNOWLEDGE.table("parties").values() if len(one.name) > 3]
    assert row(sold(first.name), part(version="1", supplier=Actor(second.name))) == "supplier-differs"
    assert row(sold(first.name), part(version="1", supplier=Actor(first.name))) == "confirmed"


def test_a_license_nobody_knows_makes_no_difference() -> None:
    seen = part(version="1", observed_licenses=("MIT",))
    differs = part(version="1", declared_licenses=(DeclaredLicense("GPL-2.0-only"),))
    unknown = part(version="1", declared_licenses=(DeclaredLicense("GPL-2.0-only AND Our-Own-Terms"),))
    assert (row(seen, differs), row(seen, unknown)) == ("license-differs", "confirmed")


def test_several_components_of_one_key_are_counted_and_none_is_lost() -> None:
    from auditor.compare import components, diff

    old, new = (
        Document("cyclonedx-json", "1.6", None, tuple(Declared(f"/{at}", "a", f"{at}") for at in range(count)))
        for count in (2, 3)
    )
    assert [len(components(one)) for one in (old, new)] == [2, 3]
    assert [(change.what, change.after) for change in diff(old, new)] == [("added", "2")]
    assert [(change.what, change.before) for change in diff(new, old)] == [("removed", "2")]
