"""The records of `rules/knowledge/materials`: who produces a material at one stage, and which controls hold."""

from __future__ import annotations

from typing import Literal

from auditor.knowledge.records import CountryCode, Day, Entry, Id, Source, Sourced, Text


class Control(Entry, frozen=True, rename="kebab", forbid_unknown_fields=True, omit_defaults=True):
    """An export control, quota or ban on a material, with its pauses; a pause of unknown renewal leaves it open."""

    country: CountryCode
    """Whose law it is."""
    act: Text
    """The act as published, e.g. `MOFCOM announcement 46/2024, clause 2`."""
    since: Day
    kind: Literal["license", "ban", "quota"] = "license"
    towards: tuple[CountryCode, ...] = ()
    """Countries or regions it is aimed at; empty = all."""
    suspended_from: Day | None = None
    suspended_until: Day | None = None
    """Last day of the pause; what holds after it is not known unless a later record says so."""
    ended: Day | None = None
    source: Source | None = None

    def state(self, day: str) -> Literal["in-force", "suspended", "unknown", "none"]:
        """Return what holds on an ISO day."""
        if day < self.since or (self.ended is not None and day >= self.ended):
            return "none"
        if self.suspended_from is None or day < self.suspended_from:
            return "in-force"
        return "suspended" if day <= (self.suspended_until or day) else "unknown"


MaterialList = Literal["eu-crma-strategic", "eu-crma-critical", "eu-battery-annex-x"]


class Material(Sourced, frozen=True, rename="kebab", forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """Who produces a material at one stage: amounts of a year, or shares where only those are published."""

    material: Id
    zh: Text
    stage: Literal["mine", "refine", "processed"]
    year: int
    unit: str | None = None
    total: int | None = None
    """World total in `unit`, as published (rounded)."""
    production: dict[CountryCode, int] | None = None
    """Country or region -> amount in `unit`."""
    percent: dict[CountryCode, int] | None = None
    """Country or region -> share of the world total in percent, at least."""
    lists: tuple[MaterialList, ...] | None = None
    controls: tuple[Control, ...] = ()

    def portions(self) -> dict[str, float]:
        """Return country or region -> share of the world total, 0..1, sorted by code."""
        if self.production is None:
            return {code: share / 100 for code, share in sorted((self.percent or {}).items())}
        whole = max(self.total or 0, sum(self.production.values()))
        return {code: amount / whole for code, amount in sorted(self.production.items())}

    @property
    def table(self) -> str:
        """The field that the shares rest on."""
        return "percent" if self.production is None else "production"
