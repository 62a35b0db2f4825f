"""What the run makes of a task that ended badly."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

pytest.importorskip("distributed", reason="needs the extra fleet")
import requests
from distributed.scheduler import KilledWorker, WorkerState

from auditor.fleet import Refused, schedule
from auditor.fleet.settings import Settings
from auditor.fleet.sources import Source
from auditor.fleet.store import Store, Unwritten
from auditor.fleet.task import Differs, Order

pytestmark = pytest.mark.integration
SOURCE = Source("images/a.img", "/images/a.img")


def ended(error: BaseException | None) -> Any:
    return SimpleNamespace(status="error" if error else "lost", exception=lambda: error)


@pytest.fixture
def order(tmp_path: Path) -> Order:
    Store(str(tmp_path / "store")).prepare()
    return Order(Settings("2026-11-24"), str(tmp_path / "store"), "0" * 16)


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (KilledWorker("run", WorkerState.__new__(WorkerState), 2), "3 processes died over it"),
        (OSError("strange"), "strange"),
        (None, "was lost by the cluster"),
    ],
)
def test_a_source_that_is_given_up_has_a_row(
    error: BaseException | None, said: str, order: Order, asked: Callable[..., Any]
) -> None:
    outcome = schedule._outcome(ended(error), SOURCE, order)
    assert outcome.state == "unreadable"
    query = "SELECT sources, state, result, problems FROM images"
    assert asked(order.store, query) == [(["images/a.img"], "unreadable", "inconclusive", [said])]


@pytest.mark.parametrize(("error", "code"), [(Unwritten("full"), 7), (Differs("has other code"), 6)])
def test_what_ends_the_run(error: BaseException, code: int, order: Order) -> None:
    with pytest.raises(Refused) as refused:
        schedule._outcome(ended(error), SOURCE, order)
    assert refused.value.code == code


def test_a_store_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "store").write_text("a file")
    with pytest.raises(Refused) as refused:
        schedule.scan([SOURCE], Settings("2026-11-24"), str(tmp_path / "store"))
    assert refused.value.code == 7


def test_a_cluster_of_this_machine_asks_for_certificates() -> None:
    with schedule._client("", 1) as client:
        assert client.scheduler.address.startswith("tls://127.0.0.1:")


@pytest.fixture
def taken_port() -> Iterator[None]:
    """The port where Dask likes to have its pages, in use by somebody else."""
    try:
        with socket.create_server(("127.0.0.1", 8787)):
            yield
    except OSError:
        yield


def test_a_cluster_of_this_machine_tells_nobody_what_it_does(
    taken_port: None, recwarn: pytest.WarningsRecorder
) -> None:
    with schedule._client("", 1) as client:
        http = client.cluster.scheduler.http_server
        (port,) = {one.getsockname()[1] for one in http._sockets.values()}
        for page in ("info/main/workers.html", "json/counts.json", "metrics", "health"):
            assert requests.get(f"http://127.0.0.1:{port}/{page}", timeout=60).status_code == 404
    assert not [one for one in recwarn if "Port" in str(one.message)]


def test_a_store_needs_whole_files() -> None:
    with pytest.raises(Refused) as refused:
        Store("sftp://host/rows")
    assert refused.value.code == 2
