"""Bytes drive results: change one thing, and the predicted findings change and no others."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent
DEMO = ROOT / "fixtures" / "demo"
Seen = set[tuple[str, str, str]]


def outcome(report: dict[str, Any]) -> Seen:
    """Every (rule, verdict, component) of stable component findings, without counts over the whole inventory."""
    names = {one["id"]: one["name"] for one in report["components"]}
    return {
        (one["rule"], one["verdict"], names.get(component, component))
        for one in report["findings"]
        if one.get("status", "stable") == "stable"
        for component in one.get("components", [])
    }


@pytest.fixture
def audit(tmp_path: Path, program: Any) -> Callable[..., dict[str, Any]]:
    shutil.copytree(DEMO, tmp_path / "demo")

    def run(name: str, *more: str) -> dict[str, Any]:
        paths = sorted(str(path.relative_to(tmp_path)) for path in (tmp_path / "demo" / name).iterdir())
        done = program("check", *paths, "-f", "json", "--as-of", "2026-11-24", *more, cwd=tmp_path)
        assert b"Traceback" not in done.stderr
        report: dict[str, Any] = json.loads(done.stdout)
        return report

    return run


def edit(path: Path, change: Callable[[bytes], bytes]) -> None:
    before = path.read_bytes()
    after = change(before)
    assert after != before
    path.write_bytes(after)


def test_renaming_files_changes_nothing(audit: Any, tmp_path: Path) -> None:
    before = outcome(audit("t-box"))
    folder = tmp_path / "demo" / "t-box"
    for number, path in enumerate(sorted(folder.iterdir())):
        path.rename(folder / f"input{number}")
    assert outcome(audit("t-box")) == before


def test_removing_one_bom_line_makes_one_component_undeclared(audit: Any, tmp_path: Path) -> None:
    before = outcome(audit("t-box"))

    def drop(data: bytes) -> bytes:
        document = json.loads(data)
        document["components"] = [one for one in document["components"] if one["name"] != "zlib"]
        for one in document["dependencies"]:
            one["dependsOn"] = [ref for ref in one["dependsOn"] if ref != "zlib"]
        return json.dumps(document).encode()

    edit(tmp_path / "demo" / "t-box" / "t-box.cdx.json", drop)
    after = outcome(audit("t-box"))
    assert ("undeclared-component", "fail", "zlib") in after - before
    assert {name for _, _, name in before ^ after} == {"zlib"}


def test_replacing_one_chip_moves_the_finding(audit: Any, tmp_path: Path) -> None:
    before = outcome(audit("body-controller"))
    parts = tmp_path / "demo" / "body-controller" / "parts.csv"
    edit(parts, lambda data: data.replace(b"Infineon Technologies,TLE9263BQX", b"GigaDevice,GD32F303CCT6"))
    after = outcome(audit("body-controller"))
    assert ("chip-single-foreign-source", "fail", "TLE9263BQX") in before - after
    assert ("chip-single-foreign-source", "fail", "GD32F303CCT6") not in after
    assert {name for _, _, name in before ^ after} == {"TLE9263BQX", "GD32F303CCT6"}


def test_zeroing_the_decisive_bytes_loses_the_system(audit: Any, tmp_path: Path) -> None:
    before = audit("t-box")
    edit(tmp_path / "demo" / "t-box" / "kernel.bin", lambda data: data.replace(b"Linux version", b"\0" * 13))
    after = audit("t-box")
    systems = [
        {one["name"] for one in report["components"] if one["observed"] and one["kind"] == "os-kernel"}
        for report in (before, after)
    ]
    assert systems == [{"Linux kernel"}, set()]
    rules = {one["rule"] for one in after["findings"]} - {one["rule"] for one in before["findings"]}
    assert "os-not-identified" in rules or "declared-not-found" in rules
    assert after["verdict"]["exitCode"] != 0


def test_zeroing_the_rtos_texts_leaves_the_symbols(audit: Any, tmp_path: Path) -> None:
    """The names of the map and the symbols still say what runs there."""
    for name in ("body.elf",):
        edit(
            tmp_path / "demo" / "body-controller" / name,
            lambda data: data.replace(b"FreeRTOS Kernel V10.4.3", b"\0" * 23),
        )
    (tmp_path / "demo" / "body-controller" / "body.hex").unlink()
    report = audit("body-controller")
    found = [one for one in report["components"] if one["kind"] == "rtos"]
    assert [(one["name"], one.get("version")) for one in found] == [("FreeRTOS", None)]


def test_changing_one_country_moves_only_its_findings(audit: Any, tmp_path: Path) -> None:
    before = outcome(audit("body-controller"))
    overlay = tmp_path / "facts" / "parties"
    overlay.mkdir(parents=True)
    (overlay / "mine.yaml").write_text(
        "- id: infineon\n  seat: CN\n  incorporated: CN\n"
        "  sources: [{fields: [seat, incorporated], who: A Tester, day: '2026-11-24'}]\n"
    )
    after = outcome(audit("body-controller", "--knowledge", str(tmp_path / "facts")))
    assert ("chip-single-foreign-source", "fail", "TLE9263BQX") in before - after
    assert {name for _, _, name in before ^ after} == {"TLE9263BQX"}


def test_swapping_home_moves_only_jurisdiction_findings(audit: Any) -> None:
    cn, us = (outcome(audit("body-controller", "--home", home)) for home in ("CN", "US"))
    assert ("os-kernel-foreign-vendor", "fail", "FreeRTOS") in cn - us
    assert ("chip-single-foreign-source", "fail", "GD32A503RDT3") in us - cn
    same = {"license-missing", "undeclared-component", "component-without-supplier", "version-differs"}
    assert not {rule for rule, _, _ in cn ^ us} & same
