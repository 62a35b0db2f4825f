"""Elements that standards ask for beyond the minimum elements, each present, declared unknown or missing.

`bsi:` what BSI TR-03183-2 v2.1.0 adds: the format, and per component its file name, SHA-512 and the properties
executable, archive and structured, in the names of the CycloneDX taxonomy of the BSI. `hbom:` what a hardware
bill of materials says of each part: maker, part number and a place, after the framework of CISA.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from auditor.identify.documents.elements import MISSING, PRESENT, UNKNOWN
from auditor.model import Declared, Document

BSI_PROPERTIES = ("executable", "archive", "structured", "filename")
FORMATS = {"cyclonedx": (1, 6), "spdx": (3, 0, 1)}
"""The oldest versions that BSI TR-03183-2 v2.1.0 takes."""
SHA512 = frozenset({"SHA-512", "SHA512", "sha512"})
HARDWARE: dict[str, tuple[Callable[[Declared], bool], str]] = {
    "manufacturer": (lambda one: bool(one.manufacturer and one.manufacturer.name), "manufacturer"),
    "part-number": (lambda one: bool(one.mpn), "mpn"),
    "location": (
        lambda one: bool(
            one.country_of_origin
            or (one.manufacturer and one.manufacturer.country)
            or (one.supplier and one.supplier.country)
        ),
        "country",
    ),
}
"""Element of a part to its test and its name among the declared unknown."""


def more(document: Document) -> dict[str, str]:
    """Return the elements of both sets that concern a document."""
    found: dict[str, str] = {}
    if document.elements:
        found.update(bsi(document))
    parts = [one for one in document.components if one.type == "device" or one.mpn]
    if parts:
        found.update(hardware(parts))
    return found


def bsi(document: Document) -> dict[str, str]:
    """Return what BSI TR-03183-2 adds; services are no components in its sense."""
    real = [one for one in document.components if one.type != "service"]
    found = {"bsi:format": PRESENT if accepted(document.format, document.version) else MISSING}
    for name in BSI_PROPERTIES:
        wanted = f"bsi:component:{name}"
        everywhere = bool(real) and all(any(key == wanted for key, _ in one.properties) for one in real)
        found[f"bsi:{name}"] = PRESENT if everywhere else MISSING
    hashed = bool(real) and all(any(algorithm in SHA512 for algorithm, _ in one.hashes) for one in real)
    found["bsi:hash-sha512"] = PRESENT if hashed else MISSING
    return found


def accepted(format_name: str, version: str) -> bool:
    """Tell whether a format and its version are among those the guideline takes: JSON or XML, new enough."""
    family = "spdx" if format_name.startswith("spdx") else format_name.partition("-")[0]
    numbers = version.split(".")
    if family not in FORMATS or not all(part.isascii() and part.isdigit() for part in numbers):
        return False
    return tuple(int(part) for part in numbers) >= FORMATS[family]


def hardware(parts: Sequence[Declared]) -> dict[str, str]:
    """Return what is said of all the parts of a hardware bill of materials."""
    found = {}
    for name, (has, word) in HARDWARE.items():
        lacking = [one for one in parts if not has(one)]
        said = all(word in one.unknowns for one in lacking)
        found[f"hbom:{name}"] = PRESENT if not lacking else UNKNOWN if said else MISSING
    return found
