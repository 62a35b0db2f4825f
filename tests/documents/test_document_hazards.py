"""Documents made to harm a reader, through the real command: codes, findings, time, and nothing made on the way."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import hazard_bytes
import pytest

LONG = 60
"""Seconds; only keeps a hanging command from hanging the tests."""


def bill(components: list[dict[str, Any]], **more: Any) -> bytes:
    head = {"bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1}
    return json.dumps({**head, "components": components, **more}).encode()


def part(name: str, **more: Any) -> dict[str, Any]:
    return {"type": "library", "name": name, "version": "1", "bom-ref": name, **more}


def diamond() -> bytes:
    """60 layers of two components, each depending on both of the next: about 10^18 paths."""
    names = [[f"{side}{layer}" for side in "ab"] for layer in range(60)]
    edges = [
        {"ref": ref, "dependsOn": names[layer + 1] if layer < 59 else []}
        for layer, two in enumerate(names)
        for ref in two
    ]
    return bill([part(ref) for two in names for ref in two], dependencies=edges)


def licensed(expression: str) -> bytes:
    return bill([part("a", licenses=[{"expression": expression}])])


ADDRESSES = (
    "http://127.0.0.1/",
    "http://[::1]/",
    "http://[::ffff:127.0.0.1]/",
    "http://169.254.169.254/latest/meta-data/",
    "http://10.0.0.1/",
    "http://192.168.0.1/",
    "http://0x7f000001/",
    "http://2130706433/",
    "http://name:word@example.invalid/",
    "file:///etc/passwd",
    "gopher://127.0.0.1:70/",
    "http://example.invalid#@127.0.0.1/",
)
"""What a reader that follows addresses must not ask for."""
EVIL = {
    "cycle.json": (
        bill([part("a"), part("b")], dependencies=[{"ref": "a", "dependsOn": ["b"]}, {"ref": "b", "dependsOn": ["a"]}]),
        {"dependency-cycle"},
    ),
    "diamond.json": (diamond(), set()),
    "twice.json": (bill([part("a"), part("a")]), {"duplicate-ref"}),
    "self.json": (bill([part("a")], dependencies=[{"ref": "a", "dependsOn": ["a"]}]), {"self-dependency"}),
    "dangling.json": (bill([part("a")], dependencies=[{"ref": "a", "dependsOn": ["x"]}]), {"dangling-ref"}),
    "purl.json": (
        bill([part("a", purl="pkg:generic/%2e%2e/%2e%2e/x@1"), part("b", cpe="cpe:2.3:a" + ":x" * 99)]),
        {"bad-purl", "bad-cpe"},
    ),
    "licenses-wide.json": (licensed(" AND ".join(f"(MIT OR LicenseRef-{n})" for n in range(40))), set()),
    "licenses-deep.json": (licensed("(" * 200 + "MIT" + ")" * 200), {"limit-expression"}),
    "licenses-long.json": (
        licensed(" OR ".join(f"(MIT AND LicenseRef-{n})" for n in range(2000))),
        {"limit-expression"},
    ),
    "licenses-201.json": (licensed(" OR ".join(["MIT"] * 202)), {"limit-expression"}),
    "licenses-many.json": (licensed(" OR ".join(["GPL-2.0-only WITH Linux-syscall-note"] * 51)), set()),
    "addresses.json": (
        bill([part("a", externalReferences=[{"type": "website", "url": url} for url in ADDRESSES], purl=ADDRESSES[0])]),
        {"bad-purl"},
    ),
    "keys.json": (bill([part("a")]).replace(b'"version": 1,', b'"version": 1, "version": 2,'), {"json-duplicate-key"}),
}
"""File name to bytes and the problem codes of its document."""


def check(folder: Path, *names: str) -> tuple[dict[str, Any], subprocess.CompletedProcess[bytes]]:
    command = [sys.executable, "-m", "auditor", "check", "--no-config", "-f", "json", *names]
    done = subprocess.run(command, cwd=folder, capture_output=True, check=False, timeout=LONG)
    assert b"Traceback" not in done.stderr
    return json.loads(done.stdout), done


MEASURE = """
import json, resource, subprocess, sys
done = subprocess.run(sys.argv[1:], capture_output=True)
peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024
json.dump([json.loads(done.stdout), peak], sys.stdout)
"""


def measured(folder: Path, *names: str) -> tuple[dict[str, Any], int]:
    """Return the report and the largest resident size of any process of the run, in bytes."""
    command = [sys.executable, "-c", MEASURE, sys.executable, "-m", "auditor", "check", "--no-config", "-f", "json"]
    done = subprocess.run([*command, *names], cwd=folder, capture_output=True, check=True, timeout=LONG)
    report, peak = json.loads(done.stdout)
    return report, peak


@pytest.fixture(scope="module")
def outcome(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("documents")
    for name, (data, _) in EVIL.items():
        (folder / name).write_bytes(data)
    before = sorted(folder.iterdir())
    report, _ = check(folder, *EVIL)
    assert sorted(folder.iterdir()) == before
    return report


@pytest.mark.parametrize("name", EVIL)
def test_each_hazard_has_its_code(outcome: dict[str, Any], name: str) -> None:
    (one,) = [entry for entry in outcome["inputs"] if entry["path"] == name]
    (document,) = [entry for entry in outcome["documents"] if entry["input"] == one["id"]]
    found = {problem["code"] for problem in [*document.get("problems", ()), *one.get("problems", ())]}
    assert found >= EVIL[name][1]
    assert ("limit-expression" in found) <= ("limit-expression" in EVIL[name][1])
    assert bool(found & {"dependency-cycle", "duplicate-ref", "dangling-ref"}) <= bool(EVIL[name][1])


@pytest.mark.parametrize("name", [name for name, (_, codes) in EVIL.items() if codes])
def test_each_hazard_is_a_finding(outcome: dict[str, Any], name: str) -> None:
    (one,) = [entry for entry in outcome["inputs"] if entry["path"] == name]
    rules = {found["rule"] for found in outcome["findings"] if one["ecu"] in found.get("ecus", ())}
    assert rules & {"bom-records-odd", "input-incomplete"}


@pytest.mark.parametrize("name", [name for name, (_, codes) in EVIL.items() if "limit-expression" in codes])
def test_a_license_that_is_not_judged_names_its_limit(outcome: dict[str, Any], name: str) -> None:
    (one,) = [entry for entry in outcome["inputs"] if entry["path"] == name]
    (problem,) = one["problems"]
    assert problem["code"] == "limit-expression"
    assert problem["pointer"] == "/components/0"
    assert problem["limit"] in ("expression-size", "expression-depth", "expression-operators")
    assert problem["value"] in (16384, 64, 200)
    assert one["complete"] is False


def test_what_costs_memory_is_stopped(tmp_path: Path) -> None:
    """Depth and width of XML within 256 MiB, more components than the limit within 1 GiB."""
    for name, data in hazard_bytes.large_xml().items():
        (tmp_path / name).write_bytes(data)
    names = sorted(path.name for path in tmp_path.iterdir())
    report, peak = measured(tmp_path, *names)
    for one in report["inputs"]:
        (problem,) = one["problems"]
        assert problem["code"].startswith("limit-"), one["path"]
        assert problem["limit"] and problem["value"]
    assert peak <= 256 << 20
    (tmp_path / "many.json").write_bytes(bill([part(f"c{number}") for number in range(250_001)]))
    report, peak = measured(tmp_path, "many.json")
    (problem,) = report["inputs"][0]["problems"]
    assert (problem["code"], problem["limit"], problem["value"]) == ("limit-components", "components", 250_000)
    assert problem["pointer"] == "/components/250000"
    assert peak <= 1 << 30


def test_a_report_is_an_input_and_declares(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_bytes(bill([part("zlib")]))
    _, done = check(tmp_path, "a.json")
    (tmp_path / "report.json").write_bytes(done.stdout)
    again, done = check(tmp_path, "report.json")
    assert done.returncode in (0, 1, 4)
    assert [entry["format"] for entry in again["documents"]] == ["auditor-report"]
    assert [(one["name"], one["declared"]) for one in again["components"]] == [("zlib", True)]
    assert not any(one.get("observed") for one in again["components"])
