"""What one task leaves in the store."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("pyarrow", reason="needs the extra fleet")
pytest.importorskip("duckdb", reason="needs the extra fleet")
import pyarrow.parquet

from auditor.fleet import rows
from auditor.fleet.settings import Settings, stamp
from auditor.fleet.store import Store

pytestmark = pytest.mark.integration
Scan = Callable[..., list[Any]]
Ask = Callable[..., list[tuple[Any, ...]]]


def files(store: Path) -> dict[str, bytes]:
    return {path.relative_to(store).as_posix(): path.read_bytes() for path in sorted(store.rglob("*.parquet"))}


def test_rows_are_typed_and_named_by_content(images: Path, tmp_path: Path, scanned: Scan, asked: Ask) -> None:
    ended = scanned([str(images)], tmp_path / "store")
    assert [one.state for one in ended] == ["audited"] * 3
    digests = sorted(hashlib.sha256(path.read_bytes()).hexdigest() for path in images.iterdir())
    assert sorted(path.stem for path in (tmp_path / "store/images").iterdir()) == digests
    for table in rows.COLUMNS:
        for path in (tmp_path / "store" / table).iterdir():
            assert pyarrow.parquet.read_schema(path).equals(rows.schema(table)), path
    found = asked(tmp_path / "store", "SELECT DISTINCT name, version FROM components WHERE name = 'zlib'")
    assert found == [("zlib", "1.2.13")]
    assert asked(tmp_path / "store", "SELECT count(*), sum(components) FROM images")[0][0] == 3
    assert asked(
        tmp_path / "store",
        "SELECT bool_and(i.components = (SELECT count(*) FROM components c WHERE c.image = i.image)) FROM images i",
    ) == [(True,)]


def test_the_place_of_an_image_changes_nothing_but_its_source(
    images: Path, tmp_path: Path, scanned: Scan, asked: Ask
) -> None:
    other = tmp_path / "elsewhere" / "deeper"
    other.mkdir(parents=True)
    for path in images.iterdir():
        (other / f"copy of {path.name}").write_bytes(path.read_bytes())
    scanned([str(images)], tmp_path / "one")
    scanned([str(other)], tmp_path / "two")
    one, two = files(tmp_path / "one"), files(tmp_path / "two")
    assert {name: data for name, data in one.items() if not name.startswith("sources/")} == {
        name: data for name, data in two.items() if not name.startswith("sources/")
    }
    both = scanned([str(images), str(other)], tmp_path / "one")
    assert [one.kept for one in both] == [True] * 6
    assert asked(tmp_path / "one", "SELECT count(*), min(len(sources)), max(len(sources)) FROM images") == [(3, 2, 2)]


def test_done_is_not_done_again_until_the_policy_changes(
    images: Path, tmp_path: Path, scanned: Scan, asked: Ask
) -> None:
    store = tmp_path / "store"
    scanned([str(images)], store)
    before = files(store)
    assert all(one.kept for one in scanned([str(images)], store))
    assert files(store) == before
    changed = scanned([str(images)], store, policy={"home": ("DE",)})
    assert not any(one.kept for one in changed)
    assert len(files(store)) == len(before), "rows of the policy before are gone"
    assert asked(store, "SELECT count(*) FROM components") == asked(store, "SELECT sum(components) FROM images")


def test_the_stamp_follows_what_decides(tmp_path: Path) -> None:
    facts = tmp_path / "facts"
    facts.mkdir()
    (facts / "a.yaml").write_text("a: 1\n")
    stamps = [stamp(Settings("2026-11-24", knowledge=(str(facts),)))]
    (facts / "a.yaml").write_text("a: 2\n")
    stamps.append(stamp(Settings("2026-11-24", knowledge=(str(facts),))))
    stamps.append(stamp(Settings("2026-11-25", knowledge=(str(facts),))))
    stamps.append(stamp(Settings("2026-11-25", policy={"home": ("DE",)}, knowledge=(str(facts),))))
    assert len(set(stamps)) == 4
    assert stamps[0] != stamp(Settings("2026-11-24"))
    moved = tmp_path / "moved" / "facts"
    facts.rename(tmp_path / "kept")
    moved.parent.mkdir()
    (tmp_path / "kept").rename(moved)
    assert stamp(Settings("2026-11-24", knowledge=(str(moved),))) == stamps[1]


def test_what_is_not_finished_is_not_seen(images: Path, tmp_path: Path, scanned: Scan, asked: Ask) -> None:
    """A run that is killed has written rows, but not yet the row of the image."""
    store = tmp_path / "store"
    scanned([str(images)], store)
    total = asked(store, "SELECT count(*) FROM components")
    names = sorted(path.name for path in (store / "images").iterdir())
    (store / "images" / names[0]).unlink()
    (store / "components" / ".part-left").write_bytes(b"half")
    seen = asked(store, "SELECT count(DISTINCT image) FROM components")
    assert seen == [(2,)]
    scanned([str(images)], store)
    assert asked(store, "SELECT count(*) FROM components") == total
    (store / "images" / names[0]).write_bytes(b"damaged")
    assert sum(not one.kept for one in scanned([str(images)], store)) == 1
    assert asked(store, "SELECT count(*) FROM components") == total


def test_poisoned_images_get_a_row_and_a_second_chance(images: Path, tmp_path: Path, scanned: Scan, asked: Ask) -> None:
    store = tmp_path / "store"
    whole = (images / "unit-0.img").read_bytes()
    (images / "cut.img").write_bytes(whole[: len(whole) // 2])
    (images / "empty.img").write_bytes(b"")
    missing = str(images / "missing.img")
    ended = {Path(one.source).name: one for one in scanned([str(images), missing], store)}
    assert ended["cut.img"].state == "incomplete" and ended["cut.img"].problem
    assert ended["empty.img"].state == ended["missing.img"].state == "unreadable"
    assert sum(one.state == "audited" for one in ended.values()) == 3
    found = dict(asked(store, "SELECT sources[1], problems[1] FROM images WHERE state = 'unreadable'"))
    assert {Path(name).name for name in found} == {"empty.img", "missing.img"} and all(found.values())
    assert asked(store, "SELECT bool_and(result = 'inconclusive') FROM images WHERE state <> 'audited'") == [(True,)]
    Path(missing).write_bytes(whole)
    scanned([missing], store)
    assert asked(store, "SELECT count(*) FROM images WHERE state = 'unreadable'") == [(1,)]
    assert not Store(str(store)).done(
        hashlib.sha256(whole[: len(whole) // 2]).hexdigest(), stamp(Settings("2026-11-24")), again=True
    )


HOSTILE = [
    b"new\nline.img",
    b"not-utf8-\xff.img",
    b"quote'\".img",
    b"<script>alert(1)</script>".replace(b"/", b"_"),
    b"=cmd|calc.img",
    b"%2e%2e%2fup.img",
    "right\u202eto-left.img".encode(),
    b"s3:__bucket",
]


def test_hostile_names(tmp_path: Path, scanned: Scan, asked: Ask) -> None:
    from auditor.fleet.answers import written
    from auditor.fleet.portfolio import html, portfolio
    from auditor.fleet.query import ask, connect

    folder = os.fsencode(tmp_path / "names")
    os.mkdir(folder)
    for number, name in enumerate(HOSTILE):
        with open(os.path.join(folder, name), "wb") as file:
            file.write(bytes([number]) * 3)
    os.symlink("/etc/passwd", os.path.join(folder, b"link.img"))
    store = tmp_path / "store"
    assert len(scanned([os.fsdecode(folder)], store)) == len(HOSTILE)
    found = [one for (one,) in asked(store, "SELECT source FROM sources")]
    assert len(set(found)) == len(HOSTILE) and all(one.isprintable() for one in found)
    assert all(set(path.stem) <= set("0123456789abcdef-") for path in store.rglob("*.parquet"))
    base = connect(str(store))
    answer = ask(base, "SELECT regexp_replace(source, '.*/', '') AS name FROM sources ORDER BY 1")
    assert b"\n=" not in written(answer, "csv") and b"'=cmd" in written(answer, "csv")
    assert written(answer, "table").count(b"\n") == len(HOSTILE) + 1
    page = html(portfolio(base)).decode()
    assert "<script" not in page and "alert(1)" in page and "\u202e" not in page
