"""A report that somebody else wrote is believed only as far as its own findings and inputs allow."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from auditor.report import believed, render
from auditor.report import json as reports
from auditor.report.schema import Report


@pytest.fixture(scope="module")
def report(demo: Any) -> Report:
    return reports.read(json.dumps(demo()).encode())


def made(report: Report, **values: Any) -> Report:
    """A report that calls itself a pass, with one finding of these values."""
    run = {name: values.pop(name) for name in ("fail_on", "on_unknown") if name in values}
    finding = {"state": "open", "status": "stable", "verdict": "undetermined", "severity": "critical", "inputs": ()}
    put = msgspec.structs.replace
    return put(
        report,
        run=put(report.run, **run),
        inputs=tuple(put(one, complete=True) for one in report.inputs),
        findings=(put(report.findings[0], **{**finding, **values}),),
        verdict=put(report.verdict, result="pass", exit_code=0, reasons=()),
    )


@pytest.mark.parametrize(
    ("values", "result", "code"),
    [
        ({}, "inconclusive", 4),
        ({"verdict": "fail"}, "fail", 1),
        ({"on_unknown": "fail"}, "fail", 1),
        ({"severity": "low"}, "pass", 0),
        ({"severity": "low", "on_unknown": "ratchet"}, "inconclusive", 4),
        ({"severity": "low", "on_unknown": "ratchet", "fail_on": "never"}, "pass", 0),
        ({"fail_on": "never"}, "pass", 0),
        ({"state": "waived"}, "pass", 0),
        ({"status": "trial"}, "pass", 0),
    ],
)
def test_a_pass_beside_what_forbids_one(values: dict[str, Any], result: str, code: int, report: Report) -> None:
    found = believed.believed(made(report, **values))
    assert (found.result, found.exit_code) == (result, code)
    assert (found.reasons == ()) is (result == "pass")


def test_an_input_that_was_not_read_in_full_is_no_pass_unless_accepted(report: Report) -> None:
    put = msgspec.structs.replace
    for state, result in (("open", "inconclusive"), ("waived", "pass")):
        one = made(report, severity="info", state=state, inputs=(report.inputs[0].id,))
        cut = put(one, inputs=(put(one.inputs[0], complete=False), *one.inputs[1:]))
        assert believed.believed(cut).result == result


def test_what_is_worse_or_let_through_stays(report: Report) -> None:
    put = msgspec.structs.replace
    for result, code in (("fail", 0), ("fail", 3), ("inconclusive", 0)):
        told = put(made(report), verdict=put(report.verdict, result=result, exit_code=code))
        assert believed.believed(told) == told.verdict


@pytest.mark.parametrize("verb", [("merge",), ("report", "-f", "text"), ("attest",)], ids=lambda verb: verb[0])
def test_no_verb_repeats_a_forged_pass(verb: tuple[str, ...], report: Report, tmp_path: Path, program: Any) -> None:
    (tmp_path / "forged.json").write_bytes(render(made(report), "json"))
    done = program(verb[0], "forged.json", *verb[1:], cwd=tmp_path)
    text = " ".join(done.stdout.decode().split())
    assert "PASS" not in text
    assert "though the report says pass" in text


def test_a_gate_that_does_not_exist_is_no_report(report: Report, tmp_path: Path, program: Any) -> None:
    text = render(report, "json").decode().replace('"failOn": "high"', '"failOn": "hihg"')
    (tmp_path / "odd.json").write_text(text)
    for verb in ("merge", "report"):
        done = program(verb, "odd.json", cwd=tmp_path)
        assert (done.returncode, done.stderr.count(b"\n")) == (3, 1)
