"""Images and rows in an object store: moto's S3 on the loopback address, a program of its own."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("s3fs", reason="needs the extra fleet")
import fsspec
import requests

from auditor.fleet import Refused, sources

pytestmark = pytest.mark.integration
PATIENCE = 240
"""Seconds until a test gives up; nothing is measured."""
SERVER = shutil.which("moto_server", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """The address of an object store. It may come from another environment: its libraries are others than ours."""
    if SERVER is None:
        pytest.skip("needs the program moto_server: pip install 'moto[server]', best in an environment of its own")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    line = [SERVER, "-H", "127.0.0.1", "-p", str(port)]
    with subprocess.Popen(line, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as running:
        address, until = f"http://127.0.0.1:{port}", time.monotonic() + PATIENCE
        while not answers(address):
            assert running.poll() is None and time.monotonic() < until, "moto_server does not start"
            time.sleep(0.1)
        yield address
        running.kill()


def answers(address: str) -> bool:
    try:
        return requests.get(f"{address}/moto-api/data.json", timeout=PATIENCE).ok
    except requests.ConnectionError:
        return False


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch, images: Path, tmp_path: Path, server: str) -> Iterator[Any]:
    requests.post(f"{server}/moto-api/reset", timeout=PATIENCE)
    for name, value in {
        "AWS_ENDPOINT_URL": server,
        "AWS_ACCESS_KEY_ID": "nobody",
        "AWS_SECRET_ACCESS_KEY": "nothing",
        "AWS_DEFAULT_REGION": "us-east-1",
        "TMPDIR": str(tmp_path / "tmp"),
    }.items():
        monkeypatch.setenv(name, value)
    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", None)
    fsspec.filesystem("s3").clear_instance_cache()
    system = fsspec.filesystem("s3", use_listings_cache=False)
    system.mkdir("fleet")
    for path in sorted(images.iterdir()):
        system.pipe_file(f"fleet/images/{path.name}", path.read_bytes())
    yield system
    fsspec.filesystem("s3").clear_instance_cache()


def test_objects_give_the_rows_of_files(
    bucket: Any, images: Path, tmp_path: Path, scanned: Callable[..., list[Any]], asked: Callable[..., Any]
) -> None:
    from auditor.fleet.task import _store

    _store.cache_clear()
    remote = "s3://fleet/rows"
    ended = scanned(["s3://fleet/images/"], remote)
    assert [one.state for one in ended] == ["audited"] * 3
    assert not any(name.startswith("auditor-fleet-") for name in os.listdir(tmp_path / "tmp"))
    scanned([str(images)], tmp_path / "store")
    for table in ("images", "components", "findings", "parties"):
        here = {path.name: path.read_bytes() for path in (tmp_path / "store" / table).glob("*.parquet")}
        there = {Path(name).name: bucket.cat_file(name) for name in bucket.find(f"fleet/rows/{table}")}
        assert there == here
    assert all(one.kept for one in scanned(["s3://fleet/images/*.img"], remote))
    query = "SELECT source FROM where_used WHERE name = 'zlib' ORDER BY 1"
    assert asked(remote, query) == [(f"s3://fleet/images/unit-{number}.img",) for number in range(3)]


def rows(system: Any) -> dict[str, bytes]:
    return {name: system.cat_file(name) for name in sorted(system.find("fleet/rows"))}


def test_a_killed_run_goes_on_where_it_was(
    bucket: Any, tmp_path: Path, make_images: Callable[[Path, int], None]
) -> None:
    make_images(tmp_path / "more", 8)
    for path in (tmp_path / "more").iterdir():
        bucket.pipe_file(f"fleet/images/{path.name}", path.read_bytes())
    line = [sys.executable, "-m", "auditor", "fleet", "scan", "s3://fleet/images/", "--store", "s3://fleet/rows"]
    line += ["--processes", "2", "--as-of", "2026-11-24"]
    environment = os.environ | {"AUDITOR_CACHE_DIR": str(tmp_path / "cache")}
    with subprocess.Popen(line, env=environment, stderr=subprocess.PIPE) as run:
        until = time.monotonic() + PATIENCE
        while len(bucket.find("fleet/rows/images")) < 2:
            assert run.poll() is None and time.monotonic() < until
            time.sleep(0.01)
        run.kill()
    done = len(bucket.find("fleet/rows/images"))
    said = subprocess.run(line, env=environment, capture_output=True, check=True, timeout=PATIENCE).stderr.decode()
    assert "8 images: 8 audited" in said
    kept = int(said.split("; ")[-1].split()[0])
    assert kept >= 2 and done <= kept, "what was finished is not done again"
    after = rows(bucket)
    assert len(after) == 8 * 5, "nothing is lost, nothing is there twice"
    bucket.rm("fleet/rows", recursive=True)
    subprocess.run(line, env=environment, capture_output=True, check=True, timeout=PATIENCE)
    assert rows(bucket) == after, "the same rows as of a run that nobody killed"


def test_limits_and_missing_objects(
    bucket: Any, tmp_path: Path, scanned: Callable[..., list[Any]], asked: Callable[..., Any]
) -> None:
    ended = scanned(["s3://fleet/images/unit-0.img"], tmp_path / "store", most=1000)
    assert ended[0].state == "unreadable" and "--max-fetch 1000" in ended[0].problem
    ended = scanned(["s3://fleet/images/none.img"], tmp_path / "store")
    assert ended[0].state == "unreadable"
    assert not any(name.startswith("auditor-fleet-") for name in os.listdir(tmp_path / "tmp"))
    assert asked(tmp_path / "store", "SELECT count(*) FROM images WHERE state = 'unreadable'") == [(2,)]


def test_an_object_is_read_in_ranges(bucket: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from auditor.fleet import fetch

    data = bytes(range(256)) * 64
    bucket.pipe_file("fleet/images/large.img", data)
    monkeypatch.setattr(fetch, "PIECE", 1000)
    (one,) = sources.find(["s3://fleet/images/large.img"])
    with fetch.held(one, len(data)) as held:
        assert Path(held.path).read_bytes() == data
        assert Path(held.path).parent.stat().st_mode & 0o077 == 0
    assert not Path(held.path).exists()


def test_what_a_killed_process_left_is_swept(bucket: Any, tmp_path: Path) -> None:
    from auditor.fleet import fetch

    used, lock = fetch.room()
    left, other = fetch.room()
    os.close(other)
    fetch.sweep()
    assert Path(used).exists() and not Path(left).exists()
    os.close(lock)
    fetch.sweep()
    assert not Path(used).exists()


def test_addresses_that_are_refused() -> None:
    for address in ("zip://x::s3://fleet/a.zip", "nosuch://x/y"):
        with pytest.raises(Refused):
            sources.find([address])


def test_secrets_stay_out_of_names() -> None:
    assert sources.shown("https://me:secret@example.com/a/b.img?X-Signature=secret#x") == "https://example.com/a/b.img"
    assert sources.shown("s3://bucket/a?b#c") == "s3://bucket/a?b#c"
