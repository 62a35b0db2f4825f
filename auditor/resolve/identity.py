"""Which component a vote or a declaration is about."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING
from urllib.parse import unquote

from auditor.identify.signatures import component_key
from auditor.knowledge.spelling import bare_purl, by_name
from auditor.model import Declared

if TYPE_CHECKING:
    from auditor.knowledge import Knowledge

PACKAGE_PREFIXES = ("deb", "opkg", "apk", "rpm")
PURL_PREFIXES = ("pypi", "npm", "golang", "maven", "cargo", "gem", "luarocks", "conan")

LAYERS = {
    "chip": "silicon",
    "firmware": "boot",
    "bootloader": "boot",
    "hypervisor": "hypervisor",
    "os-kernel": "kernel",
    "os-distribution": "middleware",
    "rtos": "kernel",
    "middleware": "middleware",
    "library": "middleware",
    "application": "application",
    "service": "application",
    "toolchain": "toolchain",
    "ai-model": "ai-runtime",
    "dataset": "data",
    "material": "material",
}

KIND_OF_PREFIX = {
    "chip": "chip",
    "model": "ai-model",
    "dataset": "dataset",
    "toolchain": "toolchain",
    "autosar": "middleware",
    "module": "library",
    "soname": "library",
    "program": "application",
}

KIND_OF_TYPE = {
    "application": "application",
    "framework": "middleware",
    "library": "library",
    "container": "application",
    "platform": "middleware",
    "operating-system": "os-kernel",
    "device": "chip",
    "device-driver": "library",
    "firmware": "firmware",
    "file": "application",
    "machine-learning-model": "ai-model",
    "service": "service",
    "data": "dataset",
}


def canonical(subject: str, knowledge: Knowledge) -> str:
    """Return the component key of a vote's subject: the knowledge's id where it knows one.

    A subject without a prefix is a signature's id; `named:` is what another format calls the thing. What a program
    calls itself (`program:`) is no evidence of a project: anybody may call a program so.
    """
    prefix, colon, rest = subject.partition(":")
    if not colon:
        return subject
    if prefix == "named":
        return knowledge.software_key(name=rest) or rest
    if prefix in PACKAGE_PREFIXES:
        return knowledge.software_key(package=rest) or component_key(subject) or subject
    if prefix == "soname":
        return knowledge.software_key(soname=rest) or component_key(subject) or subject
    if prefix in PURL_PREFIXES:
        return knowledge.software_key(purl=f"pkg:{prefix}/{rest}") or subject
    return subject


def autosar_vendor(declared: Declared) -> str | None:
    """Return the AUTOSAR vendor id of a declared basic-software module."""
    return next((value for name, value in declared.properties if name == "autosar:vendorId"), None)


def declared_kind(declared: Declared, knowledge: Knowledge) -> str:
    """Return the component kind of a declaration; a part number makes it a chip.

    What knowledge has the identified thing for counts before the type that the document gives it.
    """
    if autosar_vendor(declared):
        return "middleware"
    if declared.mpn:
        return "chip"
    key = knowledge.software_key(name=declared.name, purl=declared.purl)
    record = knowledge.software(key) if key else None
    if record is not None and record.kind:
        return str(record.kind)
    return KIND_OF_TYPE.get(declared.type, "library")


def declared_key(declared: Declared, kind: str, knowledge: Knowledge) -> str:
    """Return the component key of a declaration."""
    if vendor := autosar_vendor(declared):
        return f"autosar:{vendor}:{declared.name}"
    if kind == "chip":
        return f"chip:mpn:{(declared.mpn or declared.name).upper().replace(' ', '')}"
    if kind == "ai-model":
        return f"model:{declared.name}"
    if kind == "dataset":
        return f"dataset:{declared.name}"
    known = knowledge.software_key(name=declared.name, purl=declared.purl)
    if known is None and declared.purl and (package := _package(declared.purl, declared.name)):
        return package  # somebody's package of that name, not the project that is known under it
    return known or (f"{declared.group}/{declared.name}" if declared.group else declared.name).lower()


def _package(purl: str, name: str) -> str | None:
    """Return `npm:@scope/name` for a package URL, None for one that repeats a name or is a distribution's."""
    kind, _, rest = bare_purl(purl).removeprefix("pkg:").partition("/")
    if by_name(purl) or kind in (*PACKAGE_PREFIXES, "alpm", "yocto"):
        return None
    return f"{kind}:{unquote(rest) or name.lower()}"


def component_id(kind: str, key: str, version: str | None, ecu: str) -> str:
    """Return the content-derived id of a component: 16 hex digits."""
    return hashlib.sha256("\0".join((kind, key, version or "", ecu)).encode("utf-8", "surrogatepass")).hexdigest()[:16]
