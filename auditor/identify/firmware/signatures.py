"""Components and operating systems by their version texts, symbols, SONAMEs and file names."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache

from auditor.identify.firmware.kernel import SEARCHED
from auditor.identify.firmware.microcontroller import has_vectors
from auditor.identify.sample import Sample
from auditor.identify.signatures import warm
from auditor.identify.signatures.index import shipped
from auditor.identify.signatures.match import Facts, Hit, find
from auditor.identify.signatures.record import Signature
from auditor.limits import Limits
from auditor.model import Evidence

NAME = "signatures"
TITLE = "Version texts, exported symbols, SONAMEs and file names of known components"
CLAIMS = ("name", "kind", "layer", "version", "version-range", "purl", "cpe", "license")

MEDIA = frozenset({"png", "jpeg", "gif", "pdf", "ogg", "flac", "truetype", "opentype", "gettext", "timezone"})
"""Formats that hold no code."""


def prepare(_limits: Limits) -> None:
    """Load or compile the database of all patterns, before the process locks itself in."""
    warm()


def detect(sample: Sample) -> Iterable[Evidence]:
    """Vote for every component whose signature matches; containers are left to what is inside them."""
    described: set[str] = set()
    for hit in sample.hits:
        yield from _votes(sample, hit, shipped().by_id[hit.component], described)


def hits(sample: Sample) -> list[Hit]:
    """Return what matches in one artifact; nothing for one that is left to what is inside it."""
    artifact = sample.artifact
    if sample.view.size == 0 or artifact.format in MEDIA:
        return []
    if artifact.format in _containers() and artifact.format not in SEARCHED:
        # an image with the header of a kernel is code, whatever else was found in it: Xen has Linux's
        return []
    if not artifact.format and artifact.understood * 2 >= artifact.size:
        # an image whose parts come as artifacts of their own; a boot loader with a device tree in it is none
        return []
    return find(shipped(), facts(sample), sample.view.data)


def facts(sample: Sample) -> Facts:
    """Gather what matching needs to know of an artifact."""
    text = sample.artifact.format == "text"
    elf = sample.elf
    if elf is None:
        return Facts(name=sample.name, text=text, bare_metal=not text and has_vectors(sample))
    from auditor.identify.firmware import elf as reader

    return reader.signature_facts(sample, elf)


@cache
def _containers() -> frozenset[str]:
    from auditor.unpack.search import formats

    return frozenset(module.NAME for module in formats() if not getattr(module, "IS_CODE", False))


def _votes(sample: Sample, hit: Hit, signature: Signature, described: set[str]) -> Iterator[Evidence]:
    """Turn a hit into votes; what is the same for all hits of a component is said once."""
    values = [("name", signature.name), ("version", hit.version), ("version-range", hit.range)]
    if hit.role == "self" and hit.grade != "weak" and hit.component not in described:
        described.add(hit.component)
        values += [("kind", signature.kind), ("layer", signature.layer), ("license", signature.license)]
    if hit.role == "self" and hit.version:
        values += [("purl", _fill(signature.purl, hit.version)), ("cpe", _cpe(signature.cpe, hit.version))]
    for claim, value in values:
        if value:
            yield sample.vote(
                signature.id,
                claim,
                value,
                detector=NAME,
                method=hit.method if claim != "license" else "signature-record",
                grade=hit.grade if claim != "license" else "weak",
                role=hit.role,
                offset=hit.offset,
            )


def _fill(template: str, version: str) -> str | None:
    return template.replace("{version}", version) if template else None


def _cpe(product: str, version: str) -> str | None:
    """Return the CPE 2.3 name; characters with a meaning in it are quoted."""
    if not product:
        return None
    quoted = "".join(sign if sign.isalnum() or sign in "._-" else f"\\{sign}" for sign in version)
    return f"cpe:2.3:a:{product}:{quoted}:*:*:*:*:*:*:*"
