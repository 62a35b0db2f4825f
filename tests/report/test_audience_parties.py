"""Parts about which several parties and the buyer said something: each supplier sees its own words alone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from auditor.judgement import ChainStep
from auditor.report import audience, formats, render
from auditor.report import json as reports
from auditor.report.schema import OriginEntry, Report, Vote

OURS, THEIRS = "华为", "Vektra GmbH"
SECRETS = ("vektra", "rivalcorp", "secretsub", "4711", "jane buyer")


def bom(*components: dict[str, Any]) -> str:
    rows = [{"type": "library", "version": "1.0", **one} for one in components]
    return json.dumps({"bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1, "components": rows})


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory, program: Any) -> Report:
    folder: Path = tmp_path_factory.mktemp("parties")
    shared = {"name": "libcan", "purl": "pkg:generic/libcan@1.0"}
    (folder / "a.json").write_text(
        bom({**shared, "supplier": {"name": THEIRS}, "licenses": [{"license": {"id": "MIT"}}]},
            {"name": "libsec", "supplier": {"name": OURS}}, {"name": "libno", "supplier": {"name": THEIRS}})
    )  # fmt: skip
    (folder / "b.json").write_text(
        bom({**shared, "supplier": {"name": OURS}, "manufacturer": {"name": "RivalCorp Ltd"},
             "cpe": "cpe:2.3:a:rivalcorp:libcan:1.0:*:*:*:*:*:*:*",
             "licenses": [{"license": {"name": "RivalCorp proprietary"}}]})
    )  # fmt: skip
    said = {"claim": "manufacturer", "value": "SecretSub Ltd", "who": "Jane Buyer", "date": "2026-11-20"}
    rows = [{**said, "component": name, "source": "contract 4711"} for name in ("libsec", "libno", "libcan")]
    (folder / "said.yaml").write_text(json.dumps({"assertions": rows}))
    done = program("check", "a.json", "b.json", "--assert", "said.yaml", "-f", "json", cwd=folder)
    return reports.read(done.stdout)


@pytest.mark.parametrize("name", sorted(name for name, one in formats().items() if not one.BINARY))
def test_nobody_else_is_named(name: str, report: Report) -> None:
    whole = render(report, "json").decode().casefold()
    assert all(secret in whole for secret in SECRETS)
    shown = render(audience.for_supplier(report, OURS), name).decode().casefold()
    assert [secret for secret in SECRETS if secret in shown] == []
    shown = render(audience.for_supplier(report, THEIRS), name).decode().casefold()
    assert [secret for secret in (*SECRETS[1:], OURS) if secret in shown] == []


def test_its_own_words_are_kept(report: Report) -> None:
    mine = audience.for_supplier(report, OURS)
    libcan = next(one for one in mine.components if one.name == "libcan")
    assert {one.name for one in mine.components} == {"libcan", "libsec"}
    assert (libcan.supplier and libcan.supplier.name, libcan.manufacturer, libcan.cpe) == (OURS, None, None)
    assert libcan.purl == "pkg:generic/libcan@1.0"
    assert {("supplier", OURS), ("version", "1.0")} <= {(vote.claim, vote.value) for vote in libcan.evidence}
    assert {one.supplier for one in mine.questions} == {OURS}


def changed(report: Report, **values: Any) -> Report:
    """The report with other values of the part libsec, which is ours."""
    parts = tuple(
        msgspec.structs.replace(one, **values) if one.name == "libsec" else one for one in report.components
    )  # fmt: skip
    return msgspec.structs.replace(report, components=parts)


def seen(report: Report) -> Any:
    return next(one for one in audience.for_supplier(report, OURS).components if one.name == "libsec")


def test_contradictions_and_what_the_user_knows_stay_at_home(report: Report) -> None:
    read = OriginEntry("owner", "high", "read", "huawei", "CN", evidence=("rules/knowledge/parties.yaml",))
    told = OriginEntry("fab", "high", "user", None, "TW", evidence=("own.yaml",))
    theirs = OriginEntry("hq", "low", "stated", None, "DE", evidence=(f"declared:supplier {THEIRS}",))
    ours = OriginEntry("hq", "low", "stated", None, "CN", evidence=(f"declared:supplier {OURS}",))
    one = seen(changed(report, origin=(read, told, theirs, ours), contradictions=("the part list says otherwise",)))
    assert one.origin == (read, ours)
    assert one.contradictions == ()


def test_a_value_that_only_somebody_elses_row_gives_is_left_out(report: Report) -> None:
    row = {"method": "declared", "grade": "supporting", "detector": "cyclonedx-json", "input": "x", "pointer": "/9"}
    votes = (Vote("supplier", THEIRS, **row), Vote("mpn", "X-1", **row), Vote("version", "9", **row))
    part = next(one for one in report.components if one.name == "libsec")
    one = seen(changed(report, mpn="X-1", evidence=(*part.evidence, *votes)))
    assert one.mpn is None
    assert "9" not in {vote.value for vote in one.evidence}
    assert one.version == "1.0"


@pytest.mark.parametrize(
    ("stranger", "text", "named"),
    [
        ("ST", "asks ST for it", True),
        ("ST", "the last step", False),
        ("NXP", "the NXPs", True),
        ("比亚迪", "由比亚迪供应", True),
        ("东软", "由东软供应", True),
    ],
)
def test_short_names_are_found_as_words(stranger: str, text: str, named: bool, report: Report) -> None:
    other = next(one for one in report.components if one.name == "libno")
    supplier = msgspec.structs.replace(other.supplier, name=stranger)
    parts = (*report.components, msgspec.structs.replace(other, id="other", supplier=supplier, manufacturer=None))
    part = next(one for one in report.components if one.name == "libsec")
    finding = msgspec.structs.replace(report.findings[0], components=(part.id,), state="open", message=text, id="f")
    told = msgspec.structs.replace(report, components=parts, findings=(finding,))
    (one,) = audience.for_supplier(told, OURS).findings
    assert (one.message == one.title) is named


def test_steps_that_hold_paths_documents_or_alternates_are_left_out(report: Report) -> None:
    part = next(one for one in report.components if one.name == "libsec")
    steps = tuple(
        ChainStep(step, "some words", "a source") for step in ("seen", "declared", "sourcing", "owner", "fix")
    )
    finding = msgspec.structs.replace(
        report.findings[0], components=(part.id,), state="open", chain=steps, named=THEIRS
    )
    (one,) = audience.for_supplier(msgspec.structs.replace(report, findings=(finding,)), OURS).findings
    assert [(step.step, step.source) for step in one.chain] == [("owner", ""), ("fix", "")]
    assert one.named == ""


@pytest.mark.parametrize(
    ("verdict", "severity", "result", "code"),
    [("fail", "high", "fail", 1), ("undetermined", "high", "inconclusive", 4), ("fail", "low", "pass", 0)],
)
def test_the_verdict_is_about_its_own_parts(
    verdict: Any, severity: Any, result: str, code: int, report: Report
) -> None:
    part = next(one for one in report.components if one.name == "libsec")
    one = msgspec.structs.replace(
        report.findings[0], components=(part.id,), state="open", status="stable", verdict=verdict, severity=severity
    )
    made = audience.for_supplier(msgspec.structs.replace(report, findings=(one,)), OURS).verdict
    assert (made.result, made.exit_code) == (result, code)
