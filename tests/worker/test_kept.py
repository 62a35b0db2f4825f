"""What was found before is used again for the same bytes only, and a cache that lies is not believed."""

from __future__ import annotations

import contextlib
import io
import os
import shutil
import sqlite3
import tarfile
import threading
from pathlib import Path

import pytest

from auditor import compiled
from auditor.limits import Limits
from auditor.model import Examination, Problem
from auditor.worker import Workers, kept, open_input
from auditor.worker.messages import Batch
from auditor.worker.result import Part
from auditor.worker.tasks import tasks

TEXT = b"\0" * 32 + b"BusyBox v1.35.0 (2022-12-01 10:00:00 UTC)\0" + b"\0" * 200


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache with what every start computes from shipped data, and no results."""
    folder = tmp_path_factory.mktemp("started")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AUDITOR_CACHE_DIR", str(folder))
        with Workers(Limits()) as workers:
            assert workers.isolation is not None
    return folder


@pytest.fixture(autouse=True)
def root(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory, started: Path) -> Path:
    """A cache of its own."""
    folder = tmp_path_factory.mktemp("cache")
    for path in started.iterdir():
        shutil.copy2(path, folder)
    monkeypatch.setenv("AUDITOR_CACHE_DIR", str(folder))
    monkeypatch.delenv("AUDITOR_FRESH", raising=False)
    return folder


@pytest.fixture
def image(tmp_path: Path) -> Path:
    return archive(tmp_path / "image.tar", {"bin/busybox": TEXT, "etc/hostname": b"controller\n"})


def archive(path: Path, files: dict[str, bytes]) -> Path:
    with tarfile.open(path, "w") as tar:
        for name, data in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
    return path


def look(*paths: Path, limits: Limits | None = None, jobs: int = 1) -> tuple[tuple[Examination, ...], int]:
    """Examine; returns the examinations and how many workers were made for them."""
    opened = [open_input(path) for path in paths]
    try:
        with Workers(limits or Limits(), jobs) as workers:
            made = []
            plain = workers._fork
            workers._fork = lambda: made.append(1) or plain()  # type: ignore[method-assign, func-returns-value]
            return workers.examine(opened), len(made)
    finally:
        for one in opened:
            one.close()


def entries(root: Path) -> list[tuple[str, bytes]]:
    with contextlib.closing(sqlite3.connect(root / kept.NAME)) as base:
        return base.execute("SELECT key, value FROM results ORDER BY key").fetchall()


def replace(root: Path, rows: list[tuple[str, bytes]]) -> None:
    with contextlib.closing(sqlite3.connect(root / kept.NAME)) as base, base:
        base.executemany("UPDATE results SET value = ? WHERE key = ?", [(value, key) for key, value in rows])


def test_the_same_bytes_need_no_worker_and_give_the_same(image: Path, root: Path) -> None:
    first, workers = look(image)
    assert workers == 1
    assert {"busybox"} <= {vote.subject for vote in first[0].evidence}
    again, workers = look(image)
    assert workers == 0
    assert again == first


def test_what_is_kept_starts_no_program_and_says_the_same_isolation(image: Path) -> None:
    first, _ = look(image)
    opened = open_input(image)
    with Workers(Limits()) as workers:
        assert workers.examine([opened]) == first
        told = workers.in_force()
        assert workers.server is None
        assert told == workers.isolation
        assert workers.server is not None
    opened.close()


def test_other_bytes_limits_and_verbs_are_examined(image: Path, tmp_path: Path) -> None:
    look(image)
    other = archive(tmp_path / "other.tar", {"bin/busybox": TEXT.replace(b"1.35.0", b"1.36.1")})
    found, workers = look(other)
    assert workers == 1
    assert {vote.value for vote in found[0].evidence if vote.claim == "version"} == {"1.36.1"}
    shallow, workers = look(image, limits=Limits(depth=0))
    assert workers == 1
    assert [problem.code for problem in shallow[0].problems] == ["limit-depth"]
    opened = open_input(image)
    with Workers(Limits(), identify=False) as unpacking:
        (tree,) = unpacking.examine([opened])
    opened.close()
    assert tree.artifacts and not tree.evidence


def test_only_the_changed_files_of_a_folder_are_examined(tmp_path: Path) -> None:
    folder = tmp_path / "root"
    folder.mkdir()
    for number in range(30):
        (folder / f"tool-{number:02}").write_bytes(TEXT + bytes([number]))
    first, _ = look(folder)
    again, workers = look(folder)
    assert (again, workers) == (first, 0)
    (folder / "tool-07").write_bytes(TEXT.replace(b"1.35.0", b"1.36.1"))
    (folder / "tool-09").rename(folder / "renamed")
    changed, workers = look(folder)
    assert workers == 1
    os.environ["AUDITOR_FRESH"] = "1"
    try:
        assert look(folder) == (changed, 1)
    finally:
        del os.environ["AUDITOR_FRESH"]


def test_empty_files_need_no_worker_either(tmp_path: Path) -> None:
    folder = tmp_path / "root"
    folder.mkdir()
    (folder / "empty").write_bytes(b"")
    (folder / "tool").write_bytes(TEXT)
    first, workers = look(folder)
    assert workers == 1
    assert look(folder) == (first, 0)
    (folder / "empty").write_bytes(TEXT)
    assert look(folder)[1] == 1


def test_every_flipped_byte_is_noticed(image: Path, root: Path) -> None:
    first, _ = look(image)
    ((key, good),) = entries(root)
    for position in [*range(0, 40), *range(40, len(good), max(1, len(good) // 40))]:
        bad = bytearray(good)
        bad[position] ^= 0x41
        assert compiled.unseal(key, bytes(bad)) is None, position
    replace(root, [(key, good[:-1])])
    again, workers = look(image)
    assert (again, workers) == (first, 1)
    assert entries(root) == [(key, good)]


def test_exchanged_entries_are_noticed(image: Path, tmp_path: Path, root: Path) -> None:
    other = archive(tmp_path / "other.tar", {"bin/busybox": TEXT.replace(b"1.35.0", b"1.36.1")})
    first = look(image)[0], look(other)[0]
    (one, two) = entries(root)
    replace(root, [(one[0], two[1]), (two[0], one[1])])
    assert (look(image), look(other)) == ((first[0], 1), (first[1], 1))


def test_records_about_another_file_are_not_believed(image: Path, tmp_path: Path, root: Path) -> None:
    """Even rightly sealed: what it says of the file itself is not what this process computed."""
    other = archive(tmp_path / "other.tar", {"bin/busybox": TEXT.replace(b"1.35.0", b"1.36.1")})
    first, _ = look(image)
    ((mine, _),) = entries(root)
    look(other)
    (theirs,) = (row for row in entries(root) if row[0] != mine)
    content = compiled.unseal(*theirs)
    assert content is not None
    replace(root, [(mine, compiled.seal(mine, content))])
    assert look(image) == (first, 1)


@pytest.mark.parametrize(
    "damage", [b"", b"not a database, certainly not one of this program" * 50, b"SQLite format 3\0" * 400]
)
def test_a_broken_base_is_made_anew(image: Path, root: Path, damage: bytes) -> None:
    first, _ = look(image)
    path = root / kept.NAME
    path.write_bytes(damage)
    assert look(image) == (first, 1)
    assert look(image) == (first, 0)


def test_a_base_that_others_may_write_is_not_used(image: Path, root: Path, tmp_path: Path) -> None:
    first, _ = look(image)
    path = root / kept.NAME
    path.chmod(0o666)
    assert look(image) == (first, 1)
    path.chmod(0o600)
    root.chmod(0o777)
    assert look(image) == (first, 1)
    root.chmod(0o700)
    elsewhere = tmp_path / "elsewhere.sqlite"
    path.rename(elsewhere)
    path.symlink_to(elsewhere)
    assert look(image) == (first, 1)


def test_two_writers_lose_nothing(tmp_path: Path, root: Path) -> None:
    images = [archive(tmp_path / f"{number}.tar", {"bin/busybox": TEXT + bytes([number])}) for number in range(4)]
    threads = [threading.Thread(target=look, args=(one,)) for one in images]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(entries(root)) == 4
    assert look(*images)[1] == 0


def test_a_folder_that_cannot_be_written_is_read(image: Path, root: Path) -> None:
    first, _ = look(image)
    before = (root / kept.NAME).read_bytes()
    root.chmod(0o500)
    (root / kept.NAME).chmod(0o400)
    try:
        assert look(image) == (first, 0)
        if os.geteuid():
            assert (root / kept.NAME).read_bytes() == before
    finally:
        root.chmod(0o700)


def test_the_oldest_entries_go(tmp_path: Path, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    images = [archive(tmp_path / f"{number}.tar", {"bin/busybox": TEXT + bytes([number])}) for number in range(3)]
    look(images[0])
    size = len(entries(root)[0][1])
    monkeypatch.setattr(kept, "MOST", 2 * size + size // 2)
    look(images[1])
    look(images[0])
    look(images[2])
    assert len(entries(root)) == 2
    assert [look(one)[1] for one in (images[0], images[2])] == [0, 0]


@pytest.mark.parametrize("code", ["limit-memory", "limit-wall", "parser-died", "input-changed"])
def test_what_another_run_may_not_find_is_not_kept(image: Path, root: Path, code: str) -> None:
    first, _ = look(image)
    (root / kept.NAME).unlink()
    own = first[0].artifacts[0]
    for problems, count in (((Problem(code, "it may go away"),), 0), ((), 1)):
        opened = open_input(image)
        parts: list[list[Part]] = [[]]
        (task,) = tasks([opened], parts, Limits())
        cache = kept.Kept(root, Limits(), True)
        assert not cache.fill(task)
        task.part.add(Batch((own,), (), (), problems))
        cache.note(task)
        cache.close()
        opened.close()
        assert (root / kept.NAME).exists() == bool(count)
