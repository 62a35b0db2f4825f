"""From the vehicle file (and the knowledge of materials) to the facts of its functions, sites, data and generations."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Any

from auditor.evaluate.facts import Facts, Jurisdictions
from auditor.vehicle import Controller, Dataset, Function, Generation, GenerationPart, Model, Site, Vehicle

DAYS_A_YEAR = 365.25
ASIL = ("QM", "A", "B", "C", "D")
ANYWHERE = frozenset(("design",))
"""Roles that are over when a part is made: nobody needs a second site for them."""


class VehicleFacts:
    """Makes the facts of a vehicle under a policy on a day."""

    def __init__(
        self,
        vehicle: Vehicle,
        jurisdictions: Jurisdictions,
        as_of: date,
        audited: Iterable[str],
        knowledge: Any = None,
        *,
        accept_stated: bool = False,
    ) -> None:
        self.vehicle = vehicle
        self.jurisdictions = jurisdictions
        self.as_of = as_of
        self.audited = frozenset(audited)
        self.titles = {one.id: one.title for one in vehicle.ecus}
        self.knowledge = knowledge
        self.accept_stated = accept_stated

    # ------------------------------------------------------------ controllers and functions

    def ecu(self, name: str) -> Facts:
        """Return what the vehicle file adds to the facts of a controller; nothing when it does not name it."""
        found = next((one for one in self.vehicle.ecus if one.title == name), None)
        if found is None:
            return {}
        facts: Facts = {
            "quantity": found.quantity,
            "functions": sorted(one.id for one in self.vehicle.functions if found.id in one.needs),
        }
        if self.vehicle.lines:
            facts["lines"] = len(self._lines([found]))
        return facts | named(asil=found.asil, domain=found.domain)

    def functions(self) -> Iterator[tuple[str, Facts, tuple[str, ...]]]:
        """Yield identity, facts and controllers of each function."""
        for one in self.vehicle.functions:
            needs = sorted(self.titles[ecu] for ecu in one.needs)
            facts: Facts = {
                "id": one.id,
                "name": one.name or one.id,
                "domain": one.domain,
                "needs": needs,
                "helped_by": sorted(self.titles[ecu] for ecu in one.helped_by),
                "unread": [ecu for ecu in needs if ecu not in self.audited],
                "generations": sum(each.function == one.id for each in self.vehicle.generations),
                "lines": len(self._lines([ecu for ecu in self.vehicle.ecus if ecu.id in one.needs])),
            }
            yield one.id, facts | named(asil=one.asil), tuple(needs)

    def _lines(self, ecus: list[Controller]) -> set[str]:
        every = {one.id for one in self.vehicle.lines}
        return {line for ecu in ecus for line in (ecu.lines or every)}

    # ------------------------------------------------------------ sites

    def sites(self) -> Iterator[tuple[str, Facts, tuple[str, ...]]]:
        """Yield identity, facts and controllers of each site."""
        places: dict[tuple[str, str], set[str]] = defaultdict(set)
        for one in self.vehicle.sites:
            for role in set(one.roles) - ANYWHERE:
                for made in self._made(one):
                    places[made.casefold(), role].add(one.id)
        for one in self.vehicle.sites:
            alone = {
                made
                for made in self._made(one)
                for role in set(one.roles) - ANYWHERE
                if places[made.casefold(), role] == {one.id}
            }
            facts: Facts = {
                "id": one.id,
                "name": one.name or one.id,
                "country": one.country,
                "jurisdiction": self.jurisdictions.of(one.country),
                "roles": sorted(set(one.roles)),
                "parts": sorted(set(one.parts)),
                "ecus": sorted(self.titles[ecu] for ecu in one.ecus),
                "only_for": sorted(alone),
            }
            yield one.id, facts | named(tier=one.tier, party=one.party), tuple(facts["ecus"])

    def _made(self, site: Site) -> set[str]:
        return {*site.parts, *(self.titles[ecu] for ecu in site.ecus)}

    # ------------------------------------------------------------ generations

    def generations(self) -> Iterator[tuple[str, Facts, tuple[str, ...]]]:
        """Yield identity, facts and controllers of each record of generations."""
        functions = {one.id: one for one in self.vehicle.functions}
        for one in self.vehicle.generations:
            function = functions[one.function]
            facts: Facts = {
                "function": one.function,
                "name": function.name or function.id,
                "has_reserve": one.reserve is not None,
                "has_develop": one.develop is not None,
            }
            for name, part in (("supply", one.supply), ("reserve", one.reserve), ("develop", one.develop)):
                if part is not None:
                    facts[name] = self._part(part)
            facts |= named(asil=function.asil, service_years=self.vehicle.service_years)
            yield f"{one.function} {one.supply.part}", facts | self._against(one), self._controllers(function)

    def _controllers(self, function: Function) -> tuple[str, ...]:
        return tuple(sorted(self.titles[ecu] for ecu in function.needs))

    def _part(self, one: GenerationPart) -> Facts:
        facts: Facts = {"part": one.part}
        if one.fab_country:
            facts["fab_jurisdiction"] = self.jurisdictions.of(one.fab_country)
        for name, day in (("years_left", one.eol), ("years_to_start", one.sop)):
            if day:
                facts[name] = round((date.fromisoformat(day) - self.as_of).days / DAYS_A_YEAR, 2)
        return facts | named(
            status=one.status,
            party=one.party,
            fab_country=one.fab_country,
            steward=one.steward,
            switch_weeks=one.switch_weeks,
            stock_weeks=one.stock_weeks,
        )

    def _against(self, one: Generation) -> Facts:
        """Compare the reserve with the supply."""
        if one.reserve is None:
            return {}
        facts: Facts = {}
        same = {
            "same_party": self._same(one.supply.party, one.reserve.party),
            "same_steward": self._same(one.supply.steward, one.reserve.steward),
        }
        if one.supply.fab_country and one.reserve.fab_country:
            same["same_fab"] = one.supply.fab_country == one.reserve.fab_country
        facts |= named(**same)
        if one.reserve.switch_weeks is not None and one.supply.stock_weeks is not None:
            facts["gap_weeks"] = one.reserve.switch_weeks - one.supply.stock_weeks
        return facts

    def _same(self, one: str | None, other: str | None) -> bool | None:
        """Tell whether two named parties are one or have one owner; None while that is not known."""
        if not one or not other:
            return None
        ours, all_ours = self._owners(one)
        theirs, all_theirs = self._owners(other)
        if ours & theirs:
            return True
        return False if all_ours and all_theirs else None

    def _owners(self, name: str) -> tuple[set[str], bool]:
        """Return a named party with everybody above it, and whether that is all of them."""
        names, complete, pending = {name.casefold()}, True, [name]
        while pending:
            name = pending.pop()
            party = self.knowledge and (self.knowledge.party(name) or self.knowledge.party_by_name(name))
            if not party or party.owners is None:
                complete = False
                continue
            complete &= self.accept_stated or self.knowledge.fact(party, "owners").basis != "stated"
            names.add(party.id)
            today = self.as_of.isoformat()
            for row in party.owners:
                held = (row.since or "") <= today < (row.until or "9999")
                if held and row.control != "none" and row.party not in names:
                    names.add(row.party)
                    pending.append(row.party)
        return names, complete

    # ------------------------------------------------------------ data and models

    def datasets(self) -> Iterator[tuple[str, Facts, tuple[str, ...]]]:
        """Yield identity, facts and controllers of each data set."""
        for one in self.vehicle.datasets:
            models = [model for model in self.vehicle.models if one.id in model.trained_on]
            ecus = sorted({self.titles[model.ecu] for model in models if model.ecu})
            facts: Facts = {
                "id": one.id,
                "name": one.name or one.id,
                "models": sorted(model.name or model.id for model in models),
                "ecus": ecus,
                "contributors": len(one.contributors),
                "hashed": bool(one.sha256),
                "license_named": bool(one.license),
            }
            facts |= self._place("stored_in", one.stored_in) | _pool(one)
            facts |= named(owner=one.owner, license=one.license, purpose=one.purpose, cross_border=one.cross_border)
            yield one.id, facts, tuple(ecus)

    def models(self) -> Iterator[tuple[str, Facts, tuple[str, ...]]]:
        """Yield identity, facts and controllers of each model."""
        known = {one.id: one for one in self.vehicle.models}
        datasets = {one.id: one for one in self.vehicle.datasets}
        for one in self.vehicle.models:
            ecus = [self.titles[one.ecu]] if one.ecu else []
            facts: Facts = {
                "id": one.id,
                "name": one.name or one.id,
                "ecus": ecus,
                "datasets": sorted(datasets[each].name or each for each in one.trained_on),
                "alternates": len(one.alternates),
                "lineage": bool(one.trained_on) and (one.base is None or one.base in known),
            }
            losses = [_pool(datasets[each]).get("leaving_share") for each in one.trained_on]
            if losses and all(share is not None for share in losses):
                facts["leaving_share"] = max(share for share in losses if share is not None)
            others = [known[each].accelerator for each in one.alternates]
            if one.accelerator and all(others):
                facts["other_accelerator"] = any(other != one.accelerator for other in others)
            facts |= self._place("trained_in", one.trained_in)
            yield one.id, facts | self._described(one), tuple(ecus)

    def _described(self, one: Model) -> Facts:
        needed = [each.asil for each in self.vehicle.functions if one.ecu in each.needs and each.asil]
        return named(
            base=one.base,
            owner=one.owner,
            license=one.license,
            stack=one.stack,
            runtime=one.runtime,
            accelerator=one.accelerator,
            asil=max(needed, key=ASIL.index, default=None),
        )

    def _place(self, name: str, countries: tuple[str, ...]) -> Facts:
        if not countries:
            return {}
        return {name: sorted(set(countries)), "jurisdiction": self.jurisdictions.farthest(countries)}


def _pool(one: Dataset) -> Facts:
    """Return what the contributors of a data set may take with them."""
    facts: Facts = {}
    shares = [each.share for each in one.contributors]
    if one.contributors and all(share is not None for share in shares):
        facts["top_contributor_share"] = max(share for share in shares if share is not None)
    if one.contributors and all(each.rights for each in one.contributors):
        facts["revocable"] = any(each.rights == "revocable-license" for each in one.contributors)
    elif any(each.rights == "revocable-license" for each in one.contributors):
        facts["revocable"] = True
    going = [each for each in one.contributors if each.remains is not True]
    said = bool(one.contributors) and all(each.remains is not None for each in one.contributors)
    if said and all(each.share is not None for each in going):
        facts["leaving_share"] = sum(each.share or 0.0 for each in going)
    return facts


def named(**values: Any) -> Facts:
    """Return the values that are there: neither None nor empty text."""
    found: Mapping[str, Any] = values
    return {name: value for name, value in found.items() if value is not None and value != ""}
