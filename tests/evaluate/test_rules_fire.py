"""Every stable rule fires on a real input, read by the whole pipeline; the table says on which."""

from __future__ import annotations

import subprocess
import sys
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from auditor import pipeline
from auditor.evaluate import load_library

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures"
RULES = "rules/inputs/"
CRA = {"type_approved": False}
RUNS: dict[str, tuple[tuple[str, ...], str, dict[str, Any]]] = {
    "parts": ((RULES + "parts.csv",), "2026-11-24", {}),
    "passives": ((RULES + "passives.csv",), "2026-11-24", {"home": ["US"], "restricted": ["JP"], "model_year": 2030}),
    "one country": ((RULES + "one-country.csv",), "2026-11-24", {}),
    "unknown country": ((RULES + "unknown-country.csv",), "2026-11-24", {}),
    "software": ((RULES + "software.cdx.json",), "2026-11-24", {}),
    "static": ((RULES + "static.squashfs", RULES + "system.cdx.json"), "2026-11-24", {}),
    "update": ((RULES + "update.zip",), "2026-11-24", {}),
    "demo t-box": (("demo/t-box/rootfs.squashfs", "demo/t-box/kernel.bin", "demo/t-box/t-box.cdx.json"), "2026-11-24", {}),
    "demo body": (("demo/body-controller/body.elf", "demo/body-controller/parts.csv"), "2026-11-24", {}),
    "adas": (("truth/adas/kernel.bin", "truth/adas/rootfs.ext4", "truth/adas/adas.dtb"), "2027-12-11", CRA),
    "adas 2028": (("truth/adas/kernel.bin", "truth/adas/rootfs.ext4", "truth/adas/adas.dtb"), "2026-11-24", {
        "model_year": 2028, "home": ["DE"], "restricted": ["US"]}),
    "adas 2030": (("truth/adas/kernel.bin", "truth/adas/rootfs.ext4", "truth/adas/adas.dtb"), "2026-11-24", {
        "model_year": 2030, "home": ["DE"], "restricted": ["US"]}),
    "rt-thread": (("truth/battery-rt-thread/battery.elf",), "2026-11-24", {}),
    "stripped": (("truth/seat-stripped/seat.bin",), "2026-11-24", {}),
    "issue408": (("boms/cyclonedx-json/cyclonedx-core-java__issue408-1.5.cdx.json",), "2027-12-11", CRA),
    "issue562": (("boms/cyclonedx-json/cyclonedx-core-java__issue562.cdx.json",), "2026-11-24", {}),
    "bom-1.4": (("boms/cyclonedx-json/cyclonedx-core-java__bom-1.4.cdx.json",), "2026-11-24", {}),
}  # fmt: skip
"""Name -> inputs of one controller, day, what the user said."""
FIRES: dict[str, str] = {
    "ai-runtime-foreign-vendor": "adas",
    "bom-elements-declared-unknown": "bom-1.4",
    "bom-empty": "issue562",
    "bom-minimum-elements-missing": "software",
    "bom-missing": "update",
    "bom-no-dependencies": "software",
    "bom-records-odd": "issue562",
    "bom-schema-violations": "issue408",
    "bootloader-foreign-vendor": "software",
    "bsi-elements-missing": "software",
    "chip-alternates-not-at-home": "parts",
    "chip-fab-restricted": "parts",
    "chip-functional-alternate-only": "parts",
    "chip-lifecycle-ending": "parts",
    "chip-one-assembly-country": "parts",
    "chip-one-channel": "parts",
    "chip-one-fab-country": "parts",
    "chip-one-owner": "parts",
    "chip-owner-seat-differs": "parts",
    "chip-single-foreign-source": "parts",
    "chip-vendor-unknown": "parts",
    "component-without-identifier": "software",
    "component-without-supplier": "software",
    "component-without-version": "issue408",
    "concentration-one-country": "one country",
    "concentration-one-party": "one country",
    "cra-component-unknown-source": "adas",
    "cra-sbom-missing": "adas",
    "cra-scope-undeclared": "parts",
    "cra-top-level-dependencies": "issue408",
    "cv-hardware-early-warning": "adas 2028",
    "cv-hardware-excluded": "passives",
    "cv-hardware-restricted": "adas 2030",
    "cv-model-year-missing": "parts",
    "cv-software-restricted": "adas 2028",
    "declared-not-found": "static",
    "declared-origin-differs": "parts",
    "evidence-contradicted": "parts",
    "hbom-elements-declared-unknown": "unknown country",
    "hbom-elements-missing": "one country",
    "home-chip-foreign-fab": "parts",
    "home-chip-share-low": "adas",
    "input-incomplete": "issue562",
    "input-opaque": "update",
    "license-differs": "software",
    "license-expression-invalid": "software",
    "license-installation-information": "software",
    "license-missing": "software",
    "license-network-copyleft": "software",
    "license-proprietary-licensor-unknown": "software",
    "license-restricted-ai": "software",
    "license-source-available": "software",
    "license-strong-copyleft-in-closed": "demo t-box",
    "license-weak-copyleft-static": "static",
    "middleware-foreign-vendor": "software",
    "open-source-foreign-steward": "software",
    "origin-unknown": "parts",
    "os-declared-not-seen": "static",
    "os-kernel-foreign-vendor": "demo body",
    "os-layer-not-at-home": "software",
    "os-not-identified": "static",
    "os-version-unknown": "rt-thread",
    "part-list-missing": "static",
    "part-number-missing": "parts",
    "service-foreign-operator": "software",
    "supplier-differs": "parts",
    "supplier-restricted": "adas 2028",
    "toolchain-foreign-vendor": "software",
    "undeclared-component": "static",
    "version-differs": "demo t-box",
}
"""Stable rule -> the run it fires in."""


@cache
def fired(run: str) -> frozenset[str]:
    """Return the rules that raise in a run what they are there to raise."""
    inputs, day, said = RUNS[run]
    policy = {"select": ["*"], "home": ["CN"], "restricted": ["SG"], **said}
    paths = [str(FIXTURES / name) for name in inputs]
    options = pipeline.Options(
        as_of=date.fromisoformat(day), policy=policy, base=FIXTURES, knowledge=[FIXTURES / "rules" / "knowledge"]
    )
    raises = {id_: rule.value.get("raises", "fail") for id_, rule in load_library().rules.items()}
    findings = pipeline.audit(paths, options).report.findings
    return frozenset(one.rule for one in findings if one.verdict == raises[one.rule])


VEHICLE = ("materials", "ai", "sites", "generations")
"""Families that only a vehicle file feeds: `test_vehicle_rules.py` has every rule of them fire on the example vehicle."""


def test_the_table_names_every_stable_rule() -> None:
    library = load_library().rules
    stable = {id_ for id_, one in library.items() if one.value["status"] == "stable" and one.family not in VEHICLE}
    assert set(FIRES) == stable


@pytest.mark.parametrize("rule", FIRES)
def test_the_rule_fires(rule: str) -> None:
    assert rule in fired(FIRES[rule])


def test_a_part_is_left_out_with_its_reason_and_only_where_its_class_is_on_record() -> None:
    assert "cv-hardware-restricted" not in fired("passives")
    assert "cv-hardware-restricted" in fired("adas 2030")
    assert "cv-hardware-excluded" not in fired("adas 2030")


def test_the_images_are_what_their_maker_makes(tmp_path: Path) -> None:
    subprocess.run([sys.executable, str(FIXTURES / "rules" / "make.py"), str(tmp_path)], check=True)
    for path in tmp_path.iterdir():
        assert path.read_bytes() == (FIXTURES / RULES / path.name).read_bytes(), path.name
