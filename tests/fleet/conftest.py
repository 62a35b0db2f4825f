"""Small images as a build makes them: the same files in all, a program of its own in each."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

sys.path.append(str(Path(__file__).resolve().parent.parent.parent))  # `fixtures`; an installed auditor comes first

from fixtures import make
from fixtures.writers import squashfs

DAY = "2026-11-24"


def image(number: int) -> bytes:
    files = {name: files[name] for files in (make.root_files(),) for name in ("usr/lib/libz.so.1", "etc/os-release")}
    daemon = make.linux(texts=[f"Example Motors telematics daemon 2.{number}.0"], interpreter=make.LOADER)
    return squashfs.build({**files, "usr/bin/telematicsd": (daemon, 0o755)}, make.TIME)


@pytest.fixture
def images(tmp_path: Path) -> Path:
    folder = tmp_path / "images"
    folder.mkdir()
    for number in range(3):
        (folder / f"unit-{number}.img").write_bytes(image(number))
    return folder


@pytest.fixture
def make_images() -> Callable[[Path, int], None]:
    def made(folder: Path, count: int) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        for number in range(count):
            (folder / f"unit-{number}.img").write_bytes(image(number))

    return made


@pytest.fixture
def scanned() -> Callable[..., list[Any]]:
    """Audit sources in this process, as a task does it."""
    pytest.importorskip("pyarrow", reason="needs the extra fleet")
    from auditor.fleet import sources, task
    from auditor.fleet.fetch import Unreadable
    from auditor.fleet.settings import Settings, stamp
    from auditor.fleet.store import Store

    def scan(places: list[str], store: Path | str, **given: Any) -> list[Any]:
        settings = Settings(DAY, **given)
        order = task.Order(settings, str(store), stamp(settings))
        Store(str(store)).prepare()
        ended = []
        for one in sources.find(places, without=str(store)):
            try:
                ended.append(task.run(one, order))
            except Unreadable as error:
                ended.append(task.give_up(one, order, str(error)))
        return ended

    return scan


@pytest.fixture
def asked() -> Callable[..., list[tuple[Any, ...]]]:
    from auditor.fleet.query import ask, connect

    return lambda store, sql: ask(connect(str(store)), sql).rows
