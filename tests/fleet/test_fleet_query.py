"""SQL over a store reads the views and nothing else."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("pyarrow", reason="needs the extra fleet")
pytest.importorskip("duckdb", reason="needs the extra fleet")

from auditor.cli import run
from auditor.fleet import Refused
from auditor.fleet.query import ask, columns, connect

pytestmark = pytest.mark.integration
PAGE = Path(__file__).resolve().parents[2] / "docs/fleet.md"


@pytest.fixture
def store(images: Path, tmp_path: Path, scanned: Callable[..., list[Any]]) -> Path:
    scanned([str(images)], tmp_path / "store")
    return tmp_path / "store"


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT * FROM read_text('/etc/passwd')",
        "SELECT * FROM read_parquet('{store}/images/*.parquet')",
        "SELECT * FROM glob('/etc/*')",
        "SELECT * FROM '/etc/passwd'",
        "SELECT * FROM read_csv('http://127.0.0.1:9/x')",
        "COPY (SELECT 1) TO '{store}/images/x.parquet'",
        "COPY images TO '{store}/x.csv'",
        "EXPORT DATABASE '{store}/x'",
        "ATTACH '{store}/x.db'",
        "ATTACH ':memory:' AS other",
        "INSTALL httpfs",
        "LOAD httpfs",
        "SET enable_external_access = true",
        "PRAGMA temp_directory='{store}'",
        "CREATE TABLE x AS SELECT 1",
        "DROP VIEW images",
        "SELECT 1; SELECT 2",
        "SELECT * FROM base",
        "",
        "SELEC",
    ],
)
def test_refused(store: Path, sql: str) -> None:
    before = sorted(path.name for path in store.rglob("*"))
    with pytest.raises(Refused) as refused:
        ask(connect(str(store)), sql.format(store=store))
    assert refused.value.code == 2
    assert sorted(path.name for path in store.rglob("*")) == before


def test_forms(store: Path, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    sql = "SELECT name, version, NULL AS nothing FROM components WHERE name = 'zlib' LIMIT 1"
    for form, expected in (
        ("table", b"name  version  nothing\nzlib  1.2.13\n"),
        ("csv", '\ufeff"name","version","nothing"\r\n"zlib","1.2.13",""\r\n'.encode()),
    ):
        assert run(["fleet", "query", "--store", str(store), "-f", form, sql]) == 0
        assert capsysbinary.readouterr().out == expected
    assert run(["fleet", "query", "--store", str(store), "-f", "json", sql]) == 0
    assert json.loads(capsysbinary.readouterr().out) == [{"name": "zlib", "version": "1.2.13", "nothing": None}]


def test_large_numbers(store: Path, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    sql = "SELECT 170141183460469231731687303715884105727::HUGEINT AS large, DATE '2026-11-24' AS day"
    assert run(["fleet", "query", "--store", str(store), "-f", "json", sql]) == 0
    found = json.loads(capsysbinary.readouterr().out)
    assert found == [{"large": "170141183460469231731687303715884105727", "day": "2026-11-24"}]


def test_no_store(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["fleet", "query", "--store", str(tmp_path / "none"), "SELECT 1"]) == 3
    assert "is no store of a fleet" in capsys.readouterr().err


def test_the_queries_and_columns_of_the_page(store: Path) -> None:
    page = PAGE.read_text(encoding="utf-8")
    queries = re.findall(r"```sql\n(.*?)```", page, re.S)
    assert len(queries) >= 6
    base = connect(str(store))
    for sql in queries:
        answer = ask(base, sql)
        assert answer.columns
        if "-- may be empty" not in sql:
            assert answer.rows, sql
    said = dict(re.findall(r"^\| `(\w+)` \| [^|]* \| ([^|]*) \|$", page, re.M))
    assert {name: tuple(re.findall(r"`(\w+)`", text)) for name, text in said.items()} == columns(base)


def test_report(store: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page, data = tmp_path / "fleet.html", tmp_path / "fleet.json"
    assert run(["fleet", "report", "--store", str(store), "-o", f"html={page}", "-o", f"json={data}"]) == 0
    found = json.loads(data.read_text())
    assert found["totals"]["images"] == 3 and found["states"]["rows"][0]["images"] == 3
    assert sum(row["components"] for row in found["exposure"]["rows"]) == found["totals"]["components"]
    text = page.read_text()
    assert "style-src 'sha256-" in text and "http://" not in text and "https://" not in text
    assert run(["fleet", "report", "--store", str(store), "-o", f"pdf={page}"]) == 2
    first = data.read_bytes()
    assert run(["fleet", "report", "--store", str(store), "-o", f"json={data}"]) == 0
    assert data.read_bytes() == first
