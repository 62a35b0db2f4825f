"""A fact of a closed list is compared with values of that list only, and the lists are those of the records."""

from __future__ import annotations

from typing import get_args, get_type_hints

import pytest

from auditor.evaluate import PolicyError, vocabulary
from auditor.evaluate.expression import Source, compile_expression, variables
from auditor.evaluate.strict_yaml import Mark
from auditor.knowledge import licensing, records

PLACE = Source("rule.yaml", Mark(7, 9))


def compiled(text: str, kind: str = "component", **params: object) -> None:
    compile_expression(text, kind, params, PLACE, boolean=True)


@pytest.mark.parametrize(
    ("text", "column", "near"),
    [
        ("component.license.category == 'strong-copylft'", 38, "strong-copyleft"),
        ('component.license.category != "permisive"', 38, "permissive"),
        ("'chp' == component.kind", 8, "chip"),
        ("component.owner.jurisdiction in ['home', 'trustd']", 49, "trusted"),
        ("'one-makr-exists' in component.sourcing.codes", 8, "one-maker-exists"),
        ("has(component.linkage) && component.linkage == 'statc'", 55, "static"),
        ("component.sourcing.lifecycle in params.ending", 40, "obsolete"),
    ],
)
def test_a_value_outside_the_list_has_a_place_and_a_suggestion(text: str, column: int, near: str) -> None:
    with pytest.raises(PolicyError) as caught:
        compiled(text, ending=["nrnd", "obsolet"])
    assert (caught.value.line, caught.value.column, caught.value.suggestion) == (7, column + 1, near)


@pytest.mark.parametrize(
    "text",
    [
        "component.license.category == 'strong-copyleft'",
        "component.name == 'anything' && component.kind == 'chip'",
        "component.owner.jurisdiction in ['home', 'trusted']",
        "component.owner.country in ['home']",
        "component.version == component.kind",
        "component.part_classes.exists(one, one == 'whatever')",
        "component.kind.startsWith('ch')",
    ],
)
def test_values_of_the_list_and_open_facts_are_sound(text: str) -> None:
    compiled(text)


def test_the_facts_of_a_vehicle_have_their_lists() -> None:
    with pytest.raises(PolicyError, match="suspended"):
        compiled("material.control == 'suspnded'", "material")


def test_mutants_may_compare_with_anything() -> None:
    compile_expression("component.kind == '~'", "component", {}, PLACE, boolean=True, any_value=True)
    with pytest.raises(PolicyError):
        compiled("component.kind == '~'")


def test_the_lists_are_those_of_the_knowledge() -> None:
    records_ = variables("component")
    category = get_type_hints(records.License)["category"]
    assert set(vocabulary.values(("component", "license", "category"), records_)) == set(get_args(category))
    assert set(licensing.PERMISSIVENESS) == set(get_args(category))
    assert set(vocabulary.values(("component", "governance"), records_)) == set(get_args(records.Governance))
    chip = get_args(get_type_hints(records.Chip)["lifecycle"])
    assert {one for part in chip for one in get_args(part)} <= set(
        vocabulary.values(("component", "sourcing", "lifecycle"), records_)
    )
