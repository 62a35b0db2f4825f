"""What changed between two reports or two bills of materials: added, removed and changed, one record each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Literal

from auditor.model import Declared, Document, Record

if TYPE_CHECKING:
    from auditor.report.schema import Report, ReportComponent

Fields = Mapping[str, str | None]
Keyed = Mapping[tuple[str, ...], Fields]


class Change(Record, frozen=True, rename="camel", omit_defaults=True):
    """One difference."""

    what: Literal["added", "removed", "changed"]
    kind: Literal["component", "finding"]
    subject: str
    """Name of the component, or rule and components of the finding."""
    field: str = ""
    """What changed: version, supplier, license, owner, country, severity, state ...; empty unless `changed`."""
    before: str | None = None
    after: str | None = None
    ecu: str = ""


def diff(old: Report | Document, new: Report | Document) -> tuple[Change, ...]:
    """Return the changes from `old` to `new`, sorted: components first, then findings."""
    changes = list(between(components(old), components(new), "component"))
    if not isinstance(old, Document) and not isinstance(new, Document):
        changes += between(findings(old), findings(new), "finding")
    return tuple(changes)


def between(old: Keyed, new: Keyed, kind: Literal["component", "finding"]) -> Iterable[Change]:
    """Yield the changes between two keyed sets; the last part of a key is the ECU, the one before the subject."""
    for key in sorted(old.keys() | new.keys()):
        subject, ecu = key[-2], key[-1]
        if key not in new:
            yield Change(what="removed", kind=kind, subject=subject, before=old[key].get("version"), ecu=ecu)
        elif key not in old:
            yield Change(what="added", kind=kind, subject=subject, after=new[key].get("version"), ecu=ecu)
        else:
            for field in sorted(old[key].keys() | new[key].keys()):
                before, after = old[key].get(field), new[key].get(field)
                if before != after:
                    yield Change("changed", kind, subject, field, before, after, ecu)


def components(source: Report | Document) -> dict[tuple[str, ...], Fields]:
    """Return the components by an identity without version; several versions of one are numbered in order."""
    found: dict[tuple[str, ...], Fields] = {}
    pairs = (
        [(_declared_key(one), _declared(one)) for one in source.components]
        if isinstance(source, Document)
        else [((one.key, one.name, one.ecu), _component(one)) for one in source.components]
    )
    for key, fields in sorted(pairs, key=lambda pair: (pair[0], pair[1].get("version") or "")):
        number, unique = 1, key
        while unique in found:
            number += 1
            unique = (f"{key[0]} #{number}", *key[1:])
        found[unique] = fields
    return found


def findings(report: Report) -> dict[tuple[str, ...], Fields]:
    """Return the findings by fingerprint."""
    names = {one.id: one.name for one in report.components}
    found: dict[tuple[str, ...], Fields] = {}
    for one in report.findings:
        about = ", ".join(sorted({names.get(component, component) for component in one.components}))
        subject = f"{one.rule}: {about}" if about else one.rule
        fields = {"severity": one.severity, "state": one.state, "verdict": one.verdict}
        found[(one.fingerprint, subject, ", ".join(one.ecus))] = fields
    return found


def _component(one: ReportComponent) -> dict[str, str | None]:
    fields = {
        "version": one.version,
        "supplier": one.supplier.name if one.supplier else None,
        "manufacturer": one.manufacturer.name if one.manufacturer else None,
        "license": one.licenses.concluded,
    }
    for entry in one.origin:
        fields[f"{entry.stage} party"] = entry.party
        fields[f"{entry.stage} country"] = entry.country
    return fields


def _declared_key(one: Declared) -> tuple[str, ...]:
    identity = one.purl.split("?", 1)[0].split("#", 1)[0] if one.purl else ""
    if "@" in identity.rsplit("/", 1)[-1]:
        identity = identity[: identity.rindex("@")]
    return identity or one.mpn or "/".join(filter(None, (one.type, one.group, one.name))), one.name, ""


def _declared(one: Declared) -> dict[str, str | None]:
    return {
        "version": one.version,
        "supplier": one.supplier.name if one.supplier else None,
        "manufacturer": one.manufacturer.name if one.manufacturer else None,
        "license": " / ".join(sorted({license.value for license in one.licenses})) or None,
        "country": one.country_of_origin,
    }
