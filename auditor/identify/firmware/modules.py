"""Linux kernel modules: what `.modinfo` says of name, version, license and the kernel they are built for."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from auditor.identify.firmware.kernel import upstream
from auditor.identify.sample import Sample
from auditor.identify.tables import table
from auditor.model import Evidence

NAME = "modules"
TITLE = "Linux kernel modules (.modinfo)"
CLAIMS = ("name", "kind", "layer", "version", "license", "depends", "vermagic", "alias", "release", "version-range")

MAX_SIZE = 1 << 20
MAX_VOTES = 64
ALIASES = 16


class ModuleLicense(msgspec.Struct, frozen=True):
    """One text of `rules/detectors/module-licenses.yaml`."""

    text: str
    license: str


def fields(raw: bytes) -> list[tuple[str, str]]:
    """Return the (key, value) pairs of a `.modinfo` section."""
    parts = (part.decode("utf-8", "backslashreplace").partition("=") for part in raw.split(b"\0") if part)
    return [(key, value) for key, equals, value in parts if equals]


def detect(sample: Sample) -> Iterable[Evidence]:
    """Vote for the module an object file is."""
    elf = sample.elf
    if elf is None or elf.type != 1:
        return
    section = elf.section(".modinfo")
    if section is None:
        return
    pairs = fields(elf.content(section, MAX_SIZE))
    values = dict(reversed(pairs))
    name = values.get("name") or sample.name.split(".", 1)[0].replace("-", "_")
    licenses = {entry.text: entry.license for entry in table("module-licenses", tuple[ModuleLicense, ...])}
    facts = [("name", name), ("kind", "library"), ("layer", "kernel")]
    if "version" in values:
        facts.append(("version", values["version"]))
    if "license" in values:
        facts.append(("license", licenses.get(values["license"], values["license"])))
    if "vermagic" in values:
        facts.append(("vermagic", values["vermagic"]))
    facts += [("depends", other) for other in values.get("depends", "").split(",")[:MAX_VOTES] if other]
    facts += [("alias", value) for key, value in pairs if key == "alias"][:ALIASES]
    for claim, value in facts:
        yield sample.vote(
            f"module:{name}", claim, value, detector=NAME, method="modinfo", grade="decisive", offset=section.offset
        )
    release = values.get("vermagic", "").split(" ", 1)[0]
    base = release.split("-", 1)[0].rstrip("+")
    if not base.replace(".", "").isdigit():
        return
    version, version_range = upstream(base, release[len(base) :])
    for claim, known in (("release", release), ("version", version), ("version-range", version_range)):
        if known:
            yield sample.vote(
                "linux",
                claim,
                known,
                detector=NAME,
                method="modinfo",
                grade="supporting",
                role="mention",
                offset=section.offset,
            )
