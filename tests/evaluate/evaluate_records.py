"""Records the tests of evaluate share: a small traced inventory of a fictional controller."""

from __future__ import annotations

from datetime import date
from typing import Any

from auditor.model import (
    Artifact,
    Component,
    Evidence,
    Input,
    Inventory,
    Licenses,
    Link,
    Origin,
    Party,
    Problem,
    Sourcing,
)

DAY = date(2026, 11, 24)


def seen(subject: str, grade: Any = "decisive") -> Evidence:
    return Evidence(
        subject, "name", subject, "elf", "string", grade, path="rootfs!/lib/x.so", artifact="ab" * 32, offset=4096
    )


def owner(
    country: str | None, *, basis: Any = "read", confidence: Any = "high", party: str = "example-owner"
) -> Origin:
    return Origin(
        "owner", party, country, confidence=confidence, basis=basis, sources=("rules/knowledge/parties.yaml#x",)
    )


def component(kind: str = "rtos", key: str = "example-rtos", **changes: Any) -> Component:
    fields: dict[str, Any] = {
        "id": f"id-{key}", "key": key, "kind": kind, "layer": "kernel", "name": key, "ecu": "T-Box", "version": "1.0",
        "observed": True, "declared": True, "evidence": (seen(key),), "origin": (owner("DE"),), "governance": "vendor",
        "licenses": Licenses(concluded="MIT", category="permissive"),
    }  # fmt: skip
    fields.update(changes)
    return Component(**fields)


def chip(key: str = "chip:mpn:XR-10", **changes: Any) -> Component:
    fields: dict[str, Any] = {
        "layer": "silicon", "observed": False, "evidence": (), "mpn": "XR-10", "sourcing": Sourcing(known=True),
        "licenses": Licenses(),
    }  # fmt: skip
    return component("chip", key, **(fields | changes))


def inventory(
    *components: Component, links: tuple[Link, ...] = (), problems: tuple[Problem, ...] = (), **changes: Any
) -> Inventory:
    image = Input("in-1", "rootfs.img", "squashfs", 1000, "cd" * 32, "T-Box", complete=not problems, problems=problems)
    artifact = Artifact("cd" * 32, "", "file", 1000, format="squashfs", understood=900)
    fields: dict[str, Any] = {
        "inputs": (image,), "artifacts": (("in-1", artifact),), "components": components, "links": links,
        "parties": (Party("example-owner", "Example Owner Ltd", "DE"),),
    }  # fmt: skip
    return Inventory(**(fields | changes))
