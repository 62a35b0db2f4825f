"""The facts of declared materials: own shares where declared, those of the world where not, controls on a day."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import TYPE_CHECKING, Any

from auditor.evaluate.facts import Facts, Jurisdictions
from auditor.evaluate.vehicle_facts import DAYS_A_YEAR, named
from auditor.judgement import ChainStep
from auditor.model import Confidence
from auditor.vehicle import Material, Vehicle

if TYPE_CHECKING:
    from auditor.knowledge import Knowledge
    from auditor.knowledge.material_records import Control
    from auditor.knowledge.material_records import Material as Record


COMPLETE = 0.005
"""What may be missing from the sum of shares when every one is named: rounding."""


class MaterialFacts:
    """Makes the facts of each declared material."""

    def __init__(
        self,
        vehicle: Vehicle,
        jurisdictions: Jurisdictions,
        as_of: date,
        knowledge: Knowledge | None,
        *,
        accept_stated: bool,
    ) -> None:
        self.vehicle = vehicle
        self.jurisdictions = jurisdictions
        self.as_of = as_of
        self.knowledge = knowledge
        self.accept_stated = accept_stated
        self.titles = {one.id: one.title for one in vehicle.ecus}

    def __iter__(self) -> Iterator[tuple[str, Facts, tuple[str, ...], tuple[ChainStep, ...], Confidence]]:
        """Yield identity, facts, controllers, the steps that show the sources, and how sure the shares are."""
        for one in self.vehicle.materials:
            record = self._record(one)
            ecus = sorted(self.titles[each] for each in one.used_in if each in self.titles)
            facts: Facts = {
                "material": one.material,
                "name": record.name if record else one.material,
                "stage": one.stage,
                "used_in": sorted(self.titles.get(each, each) for each in one.used_in),
                "ecus": ecus,
                "stages": sorted({each.stage for each in self.vehicle.materials if each.material == one.material}),
                "declared": one.shares is not None,
                "on_record": record is not None,
                "mass_declared": one.mass is not None,
                "lists": self._lists(one.material),
            }
            shares, year, steps, sure = self._shares(one, record)
            facts["shares_of"] = "nobody" if shares is None else "own" if one.shares is not None else "world"
            if shares is not None:
                facts |= self._spread(shares)
            if year is not None:
                facts["year"] = year
                if year <= self.as_of.year:  # shares of a year to come are nobody's count: how old they are is unknown
                    facts["age"] = round(max(0.0, (self.as_of - date(year, 12, 31)).days / DAYS_A_YEAR), 2)
            control, controls = self._control(record, shares)
            facts |= named(recycled_share=one.recycled_share, mass=one.mass, control=control)
            users = ",".join(sorted(one.used_in))
            steps += controls
            yield f"{one.material} {one.stage} {users}", facts, tuple(ecus), tuple(steps), sure

    def _record(self, one: Material) -> Record | None:
        """Return the record of a material at a stage; what is processed is on record as refined."""
        if self.knowledge is None:
            return None
        table: Mapping[str, Any] = self.knowledge.table("materials")
        return table.get(f"{one.material}-{one.stage}")

    def _lists(self, material: str) -> list[str]:
        """Return the lists that name a material at any stage, where a text that says so was read."""
        if self.knowledge is None:
            return []
        return sorted(
            {
                name
                for record in self.knowledge.table("materials").values()
                if record.material == material and self._may_decide(record, "lists")
                for name in record.lists or ()
            }
        )

    def _may_decide(self, record: Record, field: str) -> bool:
        assert self.knowledge is not None
        return self.accept_stated or self.knowledge.fact(record, field).basis != "stated"

    def _shares(
        self, one: Material, record: Record | None
    ) -> tuple[dict[str, float] | None, int | None, list[ChainStep], Confidence]:
        if one.shares is not None:
            return dict(sorted(one.shares.items())), one.year, [ChainStep("declared", _listed(one.shares))], "high"
        if record is None or self.knowledge is None:
            return None, None, [], "high"
        fact = self.knowledge.fact(record, record.table)
        shares = record.portions()
        step = ChainStep("world", f"{record.year}: {_listed(shares)}", "; ".join(fact.sources) + f", {fact.basis}")
        if not self._may_decide(record, record.table):
            return None, None, [step], "high"
        # a fact the user accepts is as sure as the user is
        return shares, record.year, [step], fact.confidence if fact.basis != "stated" else "high"

    def _spread(self, shares: Mapping[str, float]) -> Facts:
        """Return how a supply is spread over countries and jurisdictions."""
        unlisted = max(0.0, 1 - sum(shares.values()))
        facts: Facts = {
            "unlisted_share": _rounded(unlisted),
            "hhi": _rounded(sum((share * 100) ** 2 for share in shares.values()), 1),
        }
        if unlisted < COMPLETE:
            facts["complete"] = True
        by_class = dict.fromkeys(("home", "trusted", "outside", "restricted"), 0.0)
        for code, share in shares.items():
            by_class[self.jurisdictions.of(code)] += share
        facts["home_share"] = _rounded(by_class["home"] + by_class["trusted"])
        outside = {code: share for code, share in shares.items() if self._is_outside(code)}
        far = min(outside, key=lambda code: (-outside[code], code), default="")
        for name, least in (
            ("outside_share", by_class["outside"] + by_class["restricted"]),
            ("restricted_share", by_class["restricted"]),
            ("top_outside_share", outside.get(far, 0.0)),
        ):
            facts |= {name: _rounded(least), f"{name}_at_most": _rounded(least + unlisted)}
        facts |= named(top_outside_country=far)
        if shares:
            top = min(shares, key=lambda code: (-shares[code], code))
            facts |= {"top_country": top, "top_share": _rounded(shares[top])}
            greatest = shares[top] * 100
            rest = facts["hhi"] - greatest**2
            facts["hhi_at_most"] = _rounded(rest + (greatest + unlisted * 100) ** 2, 1)
        return facts

    def _is_outside(self, code: str) -> bool:
        return self.jurisdictions.of(code) in ("outside", "restricted")

    def _control(self, record: Record | None, shares: Mapping[str, float] | None) -> tuple[str | None, list[ChainStep]]:
        """Return what holds of the export controls that reach this supply, None while not known; a step for each."""
        if record is None or self.knowledge is None:
            return None, []
        states, open_, steps = set(), False, []
        today = self.as_of.isoformat()
        for row in record.controls:
            supplies = shares is None or shares.get(row.country, 0) > 0
            aimed = not row.towards or not self.jurisdictions.home.isdisjoint(row.towards)
            state = row.state(today)
            if not supplies or not aimed or state == "none":
                continue
            steps.append(_told(row, state))
            if row.source is None and not self.accept_stated:
                open_ = True
            else:
                states.add(state)
        if "in-force" in states:
            return "in-force", steps
        if open_ or "unknown" in states:
            return None, steps
        return ("suspended" if "suspended" in states else "none"), steps


def _told(row: Control, state: str) -> ChainStep:
    """Return the step that shows an act and what is known of it on the day: after a pause, its last known state."""
    words = {
        "in-force": f"in force since {row.since}",
        "suspended": f"suspended until {row.suspended_until or 'further notice'}",
        "unknown": f"suspended until {row.suspended_until}; what holds since is not known",
    }
    return ChainStep(
        "control", f"{row.country}, {row.act}: {words[state]}", row.source.text() if row.source else "stated"
    )


def _rounded(value: float, digits: int = 4) -> float:
    return round(value, digits)


def _listed(shares: Mapping[str, float]) -> str:
    """Return shares in words, the greatest first."""
    order = sorted(shares.items(), key=lambda pair: (-pair[1], pair[0]))
    return ", ".join(f"{code} {100 * share:.1f} %" for code, share in order)
