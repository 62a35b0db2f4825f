"""An operating system is one per build: its map says no second one, another build's image gives it no version."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from auditor.knowledge import load
from auditor.model import Evidence, Examination, Input, Inventory
from auditor.resolve import resolve
from auditor.resolve.same_bytes import CLAIM
from auditor.trace import trace

KNOWLEDGE = load()


def vote(subject: str, claim: str, value: str, **more: Any) -> Evidence:
    given = {"detector": "signatures", "method": "symbol", "grade": "decisive", "artifact": "0" * 64} | more
    return Evidence(subject=subject, claim=claim, value=value, **given)


def system(key: str, version: str = "", **more: Any) -> tuple[Evidence, ...]:
    """Return the votes of one image for a system."""
    facts = [("name", key), ("kind", "rtos"), *([("version", version)] if version else [])]
    return tuple(vote(key, claim, value, **more) for claim, value in facts)


def audit(**files: tuple[Evidence, ...]) -> Inventory:
    """Resolve one controller; each argument is an input, `_` in its name stands for the dot."""
    inputs = [
        Input(id=name, path=f"out/{name.replace('_', '.')}", type="t", size=1, sha256="", ecu="E") for name in files
    ]
    return resolve(inputs, [Examination(evidence=votes) for votes in files.values()], KNOWLEDGE)


def systems(inventory: Inventory) -> list[tuple[str, str | None]]:
    return sorted((one.key, one.version) for one in inventory.components)


@pytest.mark.parametrize(("elf", "map_"), [("liteos-m", "liteos"), ("liteos", "liteos-m")])
def test_a_map_adds_no_relative_of_its_images_system(elf: str, map_: str) -> None:
    found = audit(fw_elf=system(elf, method="string"), fw_map=system(map_, method="map"))
    assert systems(found) == [("liteos-m", None)]
    assert {one.subject for one in found.unresolved} == {"liteos"}, "the votes that yield are lost"


def test_a_map_of_another_name_belongs_to_the_only_image() -> None:
    found = audit(fw_bin=system("liteos-m", method="string"), linker_map=system("liteos", method="map"))
    assert systems(found) == [("liteos-m", None)]


def test_two_images_may_run_two_relatives() -> None:
    found = audit(main_elf=system("liteos"), radio_elf=system("liteos-m"))
    assert systems(found) == [("liteos", None), ("liteos-m", None)]


def test_the_map_of_another_image_stays() -> None:
    found = audit(a_elf=system("liteos-m"), b_elf=system("liteos-m", path=""), c_map=system("liteos", method="map"))
    assert systems(found) == [("liteos", None), ("liteos-m", None)]


def test_unlike_systems_stay_two() -> None:
    found = audit(fw_elf=system("threadx"), fw_map=system("nuttx", method="map"))
    assert systems(found) == [("nuttx", None), ("threadx", None)]


def test_no_version_comes_from_an_unrelated_image() -> None:
    own = (*system("threadx"), vote("threadx", "layer", "kernel"))
    found = audit(fw_elf=own, start_bin=system("threadx", "5.8", method="string", grade="supporting"))
    assert systems(found) == [("threadx", None), ("threadx@5.8", "5.8")]
    paths = {one.key: {vote.input for vote in one.evidence} for one in found.components}
    assert paths == {"threadx": {"fw_elf"}, "threadx@5.8": {"start_bin"}}


def test_each_instance_is_traced_to_its_own_owner() -> None:
    traced = trace(
        audit(a_elf=system("threadx", "6.4.1"), b_bin=system("threadx", "5.8")), KNOWLEDGE, date(2026, 11, 24)
    )
    assert {one.knowledge for one in traced.components} == {"systems/threadx"}
    assert len({one.version: one for one in traced.components}) == 2


@pytest.mark.parametrize(
    "related",
    [
        pytest.param({"fw_bin": system("threadx", "6.1", method="string")}, id="name"),
        pytest.param({"fw_hex": system("threadx", "6.1", path="segment@0x08000000")}, id="region"),
        pytest.param(
            {"x_bin": (*system("threadx", "6.1"), vote("file:", CLAIM, "e" * 64, detector="elf"))}, id="same-bytes"
        ),
        pytest.param(
            {"x_elf": (*system("threadx", "6.1"), vote("file:", "load-digest", "flat:1", artifact="f" * 64))}, id="load"
        ),
        pytest.param({"x_map": system("threadx", method="map"), "fw_bin": system("threadx", "6.1")}, id="map"),
    ],
)
def test_one_build_in_several_forms_is_one_system(related: dict[str, tuple[Evidence, ...]]) -> None:
    elf = (*system("threadx", artifact="e" * 64), vote("file:", "load-digest", "flat:1", artifact="e" * 64))
    assert systems(audit(fw_elf=elf, **related)) == [("threadx", "6.1")]


def test_versions_that_say_the_same_are_one_instance() -> None:
    found = audit(a_bin=system("threadx", "6.1"), b_bin=system("threadx", "6.1.12"))
    assert systems(found) == [("threadx", "6.1.12")]


def test_libraries_are_not_divided() -> None:
    found = audit(a_so=(vote("foo", "version", "1.0"),), b_so=(vote("foo", "version", "2.0"),))
    assert systems(found) == [("foo", "1.0")]
