"""The public data services a look-up may ask: how each is asked, and what of its answer is kept.

The shapes follow the services' own public descriptions, named beside each. A service without such a description is
`experimental` and is not asked.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from auditor.model import Component

if TYPE_CHECKING:
    from packageurl import PackageURL

    from auditor.knowledge import Knowledge

METHOD = "lookup"
"""Method of the votes that look-ups make."""

MAX_TEXT = 200
"""Characters of one value of an answer that are kept."""

MAX_VALUES = 20
"""Values of one claim that are kept of an answer."""

Claims = list[tuple[str, str]]


class WrongShape(ValueError):
    """An answer that is not what the service's description promises."""


@dataclass(frozen=True)
class Service:
    """One public data service."""

    name: str
    base: str
    """Start of every address that is asked; its host is the only one that may answer."""
    described_by: str
    """Public document the shape of questions and answers was taken from; empty = none: experimental."""
    question: Callable[[Component, Knowledge], str | None]
    """Path and query for a component; None when the service has nothing to say about its kind."""
    claims: Callable[[Any, Component], Claims]
    """(claim, value) pairs of an answer. Raises WrongShape."""

    @property
    def experimental(self) -> bool:
        """Tell whether nothing public describes its answers."""
        return not self.described_by


_SYSTEMS = {
    "cargo": "cargo", "golang": "go", "maven": "maven", "npm": "npm", "nuget": "nuget", "pypi": "pypi",
}  # fmt: skip
"""purl type -> system of deps.dev."""

_COORDINATES = {
    "cargo": ("crate", "cratesio"), "composer": ("composer", "packagist"), "gem": ("gem", "rubygems"),
    "golang": ("go", "golang"), "maven": ("maven", "mavencentral"), "npm": ("npm", "npmjs"),
    "nuget": ("nuget", "nuget"), "pypi": ("pypi", "pypi"),
}  # fmt: skip
"""purl type -> type and provider of ClearlyDefined coordinates."""

_PUBLIC = frozenset((*_SYSTEMS, *_COORDINATES, "alpine", "apk", "conan", "conda", "cran", "deb", "hex", "pub"))
"""purl types of public registries; `generic` and the rest name nothing a registry knows."""


def package(component: Component) -> PackageURL | None:
    """Return the package URL of a component in a public registry, None when it has none."""
    from packageurl import PackageURL

    if not component.purl or len(component.purl) > 1000:
        return None
    try:
        found = PackageURL.from_string(component.purl)
    except ValueError:
        return None
    parts = (*(found.namespace or "").split("/"), found.name, found.version or "-")
    if found.type not in _PUBLIC or not found.name or any(set(part) == {"."} for part in parts):
        return None  # a part of dots alone would mean another folder, encoded or not
    return found


def _segment(text: str) -> str:
    """Encode a text as one segment of a path, its slashes too."""
    return quote(text, safe="")


def _deps_dev(component: Component, _knowledge: Knowledge) -> str | None:
    purl = package(component)
    if purl is None or purl.type not in _SYSTEMS or not purl.version:
        return None
    joint = ":" if purl.type == "maven" else "/"
    name = joint.join(part for part in (purl.namespace, purl.name) if part)
    return f"/v3/systems/{_SYSTEMS[purl.type]}/packages/{_segment(name)}/versions/{_segment(purl.version)}"


def _deps_dev_claims(answer: Any, _component: Component) -> Claims:
    record = _record(answer)
    if not isinstance(record.get("versionKey"), dict):
        raise WrongShape("no versionKey")
    return [("license", one) for one in _texts(record, "licenses") if one != "non-standard"]


def _ecosystems(component: Component, _knowledge: Knowledge) -> str | None:
    purl = package(component)
    if purl is None:
        return None
    parts = "/".join(_segment(part) for part in (*(purl.namespace or "").split("/"), purl.name) if part)
    return f"/api/v1/packages/lookup?purl={quote(f'pkg:{purl.type}/{parts}', safe='')}"


def _ecosystems_claims(answer: Any, _component: Component) -> Claims:
    if not isinstance(answer, list):
        raise WrongShape("not a list of packages")
    found: dict[tuple[str, str], None] = {}
    for one in answer[:MAX_VALUES]:
        record = _record(one)
        found |= dict.fromkeys(
            ("license", value) for value in _texts(record, "normalized_licenses") if value != "Other"
        )
        for claim, key in (("repository", "repository_url"), ("status", "status")):
            if value := _text(record, key):
                found[claim, value] = None
    return list(found)


def _clearly_defined(component: Component, _knowledge: Knowledge) -> str | None:
    purl = package(component)
    if purl is None or purl.type not in _COORDINATES or not purl.version:
        return None
    kind, provider = _COORDINATES[purl.type]
    parts = (kind, provider, purl.namespace or "-", purl.name, purl.version)
    return "/definitions/" + "/".join(_segment(part) for part in parts) + "?expand=-files"


def _clearly_defined_claims(answer: Any, _component: Component) -> Claims:
    record = _record(answer)
    licensed = record.get("licensed")
    if licensed is None:
        return []
    declared = _text(_record(licensed), "declared")
    return [("license", declared)] if declared and declared not in ("NOASSERTION", "NONE", "OTHER") else []


def _end_of_life(component: Component, knowledge: Knowledge) -> str | None:
    """Ask about products of the shipped table of release cycles only: their names are public."""
    products = {cycle.product for cycle in knowledge.store.lifecycles}
    names = (component.key, component.key.removeprefix("toolchain:"))
    known = next((one for one in names if one in products), None)
    return f"/api/v1/products/{_segment(known)}/" if known and component.version else None


def _end_of_life_claims(answer: Any, component: Component) -> Claims:
    releases = _record(_record(answer).get("result")).get("releases")
    if not isinstance(releases, list):
        raise WrongShape("no result.releases")
    best: dict[str, Any] = {}
    for one in releases:
        name = _text(_record(one), "name") or ""
        pattern = re.escape(name) + r"(?![0-9])"
        if name and re.match(pattern, component.version or "") and len(name) > len(best.get("name", "")):
            best = one
    if not best:
        return []
    day = _text(best, "eolFrom")
    over = best.get("isEol")
    if not isinstance(over, bool):
        raise WrongShape("isEol is no truth value")
    return [("end-of-life", day or ("yes" if over else "no"))]


def _record(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise WrongShape("an object is expected")
    return value


def _text(record: dict[str, Any], key: str) -> str | None:
    value = record.get(key)
    if value is not None and not isinstance(value, str):
        raise WrongShape(f"{key} is no text")
    return value[:MAX_TEXT] if value else None


def _texts(record: dict[str, Any], key: str) -> Iterator[str]:
    values = record.get(key) or []
    if not isinstance(values, list) or not all(isinstance(one, str) for one in values):
        raise WrongShape(f"{key} is no list of texts")
    return (one[:MAX_TEXT] for one in values[:MAX_VALUES] if one)


SERVICES = (
    Service(
        name="deps.dev",
        base="https://api.deps.dev",
        described_by="https://github.com/google/deps.dev/blob/1682cc6c/api/v3/api.proto",
        question=_deps_dev,
        claims=_deps_dev_claims,
    ),
    Service(
        name="ecosyste.ms",
        base="https://packages.ecosyste.ms",
        described_by="https://github.com/ecosyste-ms/packages/blob/06dcc55d/openapi/api/v1/openapi.yaml",
        question=_ecosystems,
        claims=_ecosystems_claims,
    ),
    Service(
        name="clearlydefined",
        base="https://api.clearlydefined.io",
        described_by="https://github.com/clearlydefined/service/blob/05d48405/schemas/swagger.yaml",
        question=_clearly_defined,
        claims=_clearly_defined_claims,
    ),
    Service(
        name="endoflife.date",
        base="https://endoflife.date",
        described_by="https://github.com/endoflife-date/endoflife.date/blob/002819ac/api_v1/openapi.yml",
        question=_end_of_life,
        claims=_end_of_life_claims,
    ),
)
