"""An AUTOSAR module belongs to whom its vendor id names; an id that is not on record leaves it open."""

from __future__ import annotations

from datetime import date

import pytest

from auditor.knowledge import load
from auditor.model import Component, Declared, Document, Evidence, Examination, Input
from auditor.resolve import resolve
from auditor.trace import trace

KNOWLEDGE = load()
READ = {"17": "infineon", "30": "vector", "31": "siemens", "43": "nxp", "60": "arccore", "62": "isoft"}


def traced(*evidence: Evidence, documents: tuple[Document, ...] = ()) -> Component:
    one = Input(id="i", path="x", type="t", size=1, sha256="", ecu="E")
    inventory = resolve([one], [Examination(evidence=evidence, documents=documents)], KNOWLEDGE)
    (found,) = trace(inventory, KNOWLEDGE, date(2026, 11, 24)).components
    return found


def module(vendor: str) -> Evidence:
    subject = f"autosar:{vendor}:Com"
    return Evidence(subject, "name", "Com", "autosar", "symbol", "decisive", path="fw.elf", artifact="0" * 64)


@pytest.mark.parametrize(("vendor", "party"), sorted(READ.items()))
def test_a_module_is_its_vendors(vendor: str, party: str) -> None:
    found = traced(module(vendor))
    hq = next(one for one in found.origin if one.stage == "hq")
    assert (hq.party, hq.country) == (party, KNOWLEDGE.party(party).seat)  # type: ignore[union-attr]
    assert (found.governance, found.knowledge) == ("vendor", f"parties/{party}")
    assert any(line.startswith("https://") for line in hq.sources), "where the id was read is lost"
    assert KNOWLEDGE.fact(KNOWLEDGE.party(party), "autosar-vendor-ids").basis == "read"


@pytest.mark.parametrize("vendor", ["unknown", "1", "999", "30x", ""])
def test_an_unknown_or_borrowed_id_names_nobody(vendor: str) -> None:
    found = traced(module(vendor))
    assert (found.origin, found.governance, found.knowledge) == ((), None, None)


def test_a_declared_module_is_its_vendors_too() -> None:
    said = Declared(pointer="line 3", name="Com", version="2.3.6", properties=(("autosar:vendorId", "62"),))
    paper = Document(format="arxml", version="", subject=None, components=(said,), sha256="d")
    found = traced(documents=(paper,))
    assert (found.key, found.version) == ("autosar:62:Com", "2.3.6")
    assert {one.party for one in found.origin if one.stage == "hq"} == {"isoft"}
