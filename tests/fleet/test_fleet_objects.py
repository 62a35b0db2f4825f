"""Images and rows in an object store: moto's S3 on the loopback address."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("s3fs", reason="needs the extra fleet")
pytest.importorskip("moto.server", reason="needs moto[server]")
import fsspec
import requests
from moto.server import ThreadedMotoServer

from auditor.fleet import Refused, sources

pytestmark = pytest.mark.integration


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch, images: Path, tmp_path: Path) -> Iterator[Any]:
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    requests.post(f"http://{host}:{port}/moto-api/reset", timeout=60)
    for name, value in {
        "AWS_ENDPOINT_URL": f"http://{host}:{port}",
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
    server.stop()


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
