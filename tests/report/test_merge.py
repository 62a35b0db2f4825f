"""Controllers to a vehicle: nothing lost, nothing counted twice, the worst verdict, hostile reports refused."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any

import jsonschema_rs
import msgspec
import pytest

from auditor.report import formats, merging, render
from auditor.report import json as reports
from auditor.report.schema import Report, json_schema

ROOT = Path(__file__).resolve().parent.parent.parent
DEMO = ROOT / "fixtures" / "demo"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, program: Any) -> dict[str, bytes]:
    """One report per bundled controller, both called as a run without --ecu calls them."""
    found = {}
    for folder in ("body-controller", "t-box"):
        done = program("check", str(DEMO / folder), "-f", "json", "--as-of", "2026-11-24")
        found[folder] = done.stdout
    return found


@pytest.fixture(scope="module")
def parts(made: dict[str, bytes]) -> list[merging.Part]:
    return [merging.Part(f"{name}.json", reports.read(data)) for name, data in made.items()]


def test_nothing_is_lost_and_every_reference_holds(parts: list[merging.Part]) -> None:
    merged = merging.merge(parts)
    jsonschema_rs.Draft202012Validator(json_schema()).validate(json.loads(render(merged, "json")))
    assert [one.name for one in merged.ecus] == ["controller", "controller (t-box.json)"]
    for kind in ("components", "findings", "inputs", "questions", "documents", "comparison", "links"):
        assert len(getattr(merged, kind)) == sum(len(getattr(one.report, kind)) for one in parts), kind
    components, inputs = {one.id for one in merged.components}, {one.id for one in merged.inputs}
    findings = {one.id: one for one in merged.findings}
    assert len(components) == len(merged.components)
    assert len({one.fingerprint for one in merged.findings}) == len(findings) == len(merged.findings)
    assert {part for one in merged.findings for part in one.components} <= components
    assert {one for part in merged.findings for one in part.inputs} <= inputs
    assert {vote.input for one in merged.components for vote in one.evidence} <= inputs
    assert {end for link in merged.links for end in (link.source, link.target)} <= components
    assert {one.finding for one in merged.questions} <= set(findings)
    assert {ecu for one in merged.findings for ecu in one.ecus} <= {one.name for one in merged.ecus}
    assert len({one.id for one in merged.parties}) == len(merged.parties)


def test_figures_are_the_sums(parts: list[merging.Part]) -> None:
    merged = merging.merge(parts)
    one, other = (part.report.summary for part in parts)
    for severity in ("critical", "high", "medium", "low", "info"):
        assert merged.summary.by_severity[severity] == one.by_severity[severity] + other.by_severity[severity]
    assert merged.summary.undetermined == one.undetermined + other.undetermined
    counts = [len(part.report.components) for part in parts]
    share = (one.coverage.origin * counts[0] + other.coverage.origin * counts[1]) / sum(counts)
    assert merged.summary.coverage.origin == pytest.approx(share, abs=1e-5)
    runs = {run.id: run for run in merged.rules_run}
    for part in parts:
        for run in part.report.rules_run:
            assert merging.RUNS.index(runs[run.id].result) <= merging.RUNS.index(run.result)


@pytest.mark.parametrize(
    ("results", "worst"),
    [
        ((("pass", 0), ("inconclusive", 4)), ("inconclusive", 4)),
        ((("fail", 1), ("inconclusive", 4)), ("fail", 1)),
        ((("inconclusive", 3), ("fail", 1)), ("fail", 3)),
        ((("pass", 0), ("pass", 0)), ("pass", 0)),
    ],
)
def test_the_worst_verdict_holds(results: Any, worst: Any, parts: list[merging.Part]) -> None:
    changed = []
    for part, (result, code) in zip(parts, results, strict=True):
        verdict = msgspec.structs.replace(part.report.verdict, result=result, exit_code=code)
        changed.append(
            msgspec.structs.replace(part.report, verdict=verdict, findings=(), questions=()),
        )
    merged = merging.merge([merging.Part(f"{at}.json", one) for at, one in enumerate(changed)])
    assert (merged.verdict.result, merged.verdict.exit_code) == worst


def test_a_report_that_calls_its_own_findings_a_pass_is_not_believed(parts: list[merging.Part]) -> None:
    told = msgspec.structs.replace(parts[0].report.verdict, result="pass", exit_code=0, reasons=())
    merged = merging.merge([merging.Part("a", msgspec.structs.replace(parts[0].report, verdict=told))])
    assert (merged.verdict.result, merged.verdict.exit_code) == ("fail", 1)


def test_the_order_of_arguments_and_the_number_of_copies(made: dict[str, bytes], tmp_path: Path, program: Any) -> None:
    for name, data in made.items():
        (tmp_path / f"{name}.json").write_bytes(data)
    arguments = ["FRONT=body-controller.json", "REAR=body-controller.json", "TBOX=t-box.json"]
    answers = {
        program("merge", *order, "-f", "json", cwd=tmp_path).stdout for order in itertools.permutations(arguments)
    }
    assert len(answers) == 1
    report = json.loads(answers.pop())
    assert [one["name"] for one in report["ecus"]] == ["FRONT", "REAR", "TBOX"]
    twice = next(one for one in report["parts"] if one.get("mpn") == "FS32K144HAT0MLLT")
    assert twice["ecus"] == ["FRONT", "REAR"]
    assert twice["quantity"] == 2
    assert program("merge", *arguments, "-f", "json", cwd=tmp_path).returncode == report["verdict"]["exitCode"] == 1
    assert program("merge", *arguments, "-f", "json", "--exit-zero", cwd=tmp_path).returncode == 0


def test_every_format_of_a_merged_report(parts: list[merging.Part]) -> None:
    merged = merging.merge(parts)
    for name in formats():
        assert render(merged, name), name


def test_a_merged_report_merges_again(parts: list[merging.Part]) -> None:
    fleet = merging.merge([merging.Part("car", merging.merge(parts)), merging.Part("van", merging.merge(parts))])
    assert len(fleet.ecus) == 4
    assert len(fleet.components) == 2 * sum(len(part.report.components) for part in parts)


def test_other_settings_are_refused(
    parts: list[merging.Part], made: dict[str, bytes], tmp_path: Path, program: Any
) -> None:
    other = json.loads(made["t-box"])
    other["run"]["home"] = ["US"]
    (tmp_path / "cn.json").write_bytes(made["body-controller"])
    (tmp_path / "us.json").write_text(json.dumps(other))
    done = program("merge", "cn.json", "us.json", cwd=tmp_path)
    assert done.returncode == 2
    assert b"another home" in done.stderr


HOSTILE = {
    "key twice": lambda text: text.replace(b'"exitCode":', b'"exitCode": 0, "exitCode":', 1),
    "cut": lambda text: text[: len(text) // 2],
    "trailing data": lambda text: text + b"{}",
    "deep": lambda text: b"[" * 100_000,
    "empty": lambda text: b"",
    "no report": lambda text: b'{"bomFormat": "CycloneDX"}',
    "not a number": lambda text: text.replace(b'"exitCode": 1', b'"exitCode": NaN', 1),
    "unknown component": lambda text: text.replace(b'"components": [', b'"components": [{},', 1),
}


@pytest.mark.parametrize("kind", sorted(HOSTILE))
def test_hostile_reports_end_with_one_line(kind: str, made: dict[str, bytes], tmp_path: Path, program: Any) -> None:
    (tmp_path / "bad.json").write_bytes(HOSTILE[kind](made["t-box"]))
    done = program("merge", "bad.json", cwd=tmp_path)
    assert done.returncode == 3, done.stderr
    assert done.stderr.count(b"\n") == 1
    assert done.stdout == b""


def test_ids_twice_and_strange_controllers_are_refused(parts: list[merging.Part]) -> None:
    report: Report = parts[0].report
    twice = msgspec.structs.replace(report, components=(*report.components, report.components[0]))
    stray = msgspec.structs.replace(
        report, components=(msgspec.structs.replace(report.components[0], ecu="other"), *report.components[1:])
    )
    for wrong in (twice, stray):
        with pytest.raises(merging.NotMerged):
            merging.merge([merging.Part("a", wrong)])


def test_a_part_counts_once_for_each_copy_of_its_controller(parts: list[merging.Part]) -> None:
    report, put = parts[0].report, msgspec.structs.replace
    part = next(one for one in report.components if one.mpn)
    changed = put(
        report,
        ecus=tuple(put(one, quantity=4) for one in report.ecus),
        components=tuple(put(one, quantity=3) if one.id == part.id else one for one in report.components),
    )
    merged = merging.merge([merging.Part("a", changed)])
    assert merged.parts is not msgspec.UNSET
    assert next(one for one in merged.parts if one.mpn == part.mpn).quantity == 12


@pytest.mark.parametrize(
    "arguments", [("A=r.json", "A=r.json"), ("r.json", "./r.json"), ("A=r.json", "A=s.json"), ("=r.json",)]
)
def test_no_controller_is_counted_twice(
    arguments: tuple[str, ...], made: dict[str, bytes], tmp_path: Path, program: Any
) -> None:
    for name, folder in (("r", "t-box"), ("s", "body-controller")):
        (tmp_path / f"{name}.json").write_bytes(made[folder])
    done = program("merge", *arguments, cwd=tmp_path)
    assert (done.returncode, done.stderr.count(b"\n")) == (2, 1)
    assert b"ECU=REPORT" in done.stderr


def test_the_oldest_day_and_knowledge_hold(parts: list[merging.Part]) -> None:
    put, reports_ = msgspec.structs.replace, [part.report for part in parts]
    older = put(
        reports_[0],
        run=put(reports_[0].run, as_of="2026-01-31"),
        tool=put(reports_[0].tool, knowledge_date="2025-12-31"),
    )
    for order in ((older, reports_[1]), (reports_[1], older)):
        merged = merging.merge([merging.Part(f"{at}", one) for at, one in enumerate(order)])
        assert merged.run.as_of == "2026-01-31"
        assert merged.tool.knowledge_date == "2025-12-31"


def test_a_waiver_that_ran_out_in_one_report_is_not_unused(parts: list[merging.Part]) -> None:
    used = [{"unused": ("a", "b", "c")}, {"expired": ("a",), "applied": ("b",)}]
    changed = [
        msgspec.structs.replace(part.report, waivers=msgspec.structs.replace(part.report.waivers, **one))
        for part, one in zip(parts, used, strict=True)
    ]
    merged = merging.merge([merging.Part(f"{at}", one) for at, one in enumerate(changed)]).waivers
    assert (merged.applied, merged.expired, merged.unused) == (("b",), ("a",), ("c",))


def test_a_party_keeps_the_country_that_one_report_knows(parts: list[merging.Part]) -> None:
    from auditor.model import Party

    known = [Party("p", "P", country=None, sources=("a",)), Party("p", "P", country="CN", sources=("b",))]
    changed = [msgspec.structs.replace(part.report, parties=(one,)) for part, one in zip(parts, known, strict=True)]
    (one,) = merging.merge([merging.Part(f"{at}", each) for at, each in enumerate(changed)]).parties
    assert (one.country, set(one.sources)) == ("CN", {"a", "b"})


def test_a_part_number_beats_a_purl(parts: list[merging.Part]) -> None:
    put, report = msgspec.structs.replace, parts[0].report
    rows = [("M-1", "pkg:generic/a"), ("M-1", "pkg:generic/b"), ("M-2", "pkg:generic/a"), (None, "pkg:generic/a")]
    part = report.components[0]
    made = tuple(put(part, id=f"c{at}", mpn=mpn, purl=purl) for at, (mpn, purl) in enumerate(rows))
    merged = merging.merge([merging.Part("a", put(report, components=made))])
    assert merged.parts is not msgspec.UNSET
    assert sorted(one.mpn or "" for one in merged.parts) == ["", "M-1", "M-2"]


def test_another_document_is_no_report_of_an_unknown_age(tmp_path: Path, program: Any) -> None:
    (tmp_path / "bom.json").write_text('{"bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1}')
    done = program("merge", "bom.json", cwd=tmp_path)
    assert done.returncode == 3
    assert b"no schemaVersion is given" in done.stderr
