"""Hand the sources of a run to Dask, a few at a time, and outlive what happens to single ones."""

from __future__ import annotations

import contextlib
import logging
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from auditor.fleet import Refused
from auditor.fleet.fetch import private, sweep
from auditor.fleet.settings import Settings, stamp
from auditor.fleet.sources import Source
from auditor.fleet.store import Store, Unwritten
from auditor.fleet.task import Differs, Order, Outcome, give_up, run
from auditor.worker.kept import FRESH

RETRIES = 2
"""Times a source is tried again that could not be read or whose rows could not be written."""
DEATHS = 3
"""Dask workers that may die over one source before it counts as unreadable."""
AHEAD = 4
"""Sources handed out for each thread of the cluster: no queue grows with the number of images."""
SILENT = ("distributed", "tornado", "asyncio")
NO_PAGES: dict[str, list[Any]] = {"distributed.scheduler.http.routes": [], "distributed.worker.http.routes": []}
"""Pages that tell every user of this machine what is going on are not served."""
WAIT = "30s"
"""How long an address is tried."""

Watch = Callable[[int, int, "Outcome | None"], None]
"""Told how many are done, of how many, and how the last one ended; (n, n, None) at the end."""


def scan(
    sources: Sequence[Source],
    settings: Settings,
    place: str,
    *,
    scheduler: str = "",
    processes: int = 1,
    again: bool = False,
    watch: Watch | None = None,
) -> Counter[str]:
    """Have every source in the store; returns how many ended in which state, and how many were `kept`.

    `scheduler` is the address of a Dask cluster; without one, `processes` processes of this machine do it.
    Raises Refused: a store that cannot be written (7), a cluster that cannot be used (6).
    """
    store = Store(place)
    store.prepare()
    order = Order(settings, place if store.remote else store.root, stamp(settings), again)
    sweep()
    tally: Counter[str] = Counter()
    with _client(scheduler, processes) as client:
        for done, outcome in enumerate(_outcomes(client, sources, order), 1):
            tally[outcome.state] += 1
            tally["kept"] += outcome.kept
            if watch is not None:
                watch(done, len(sources), outcome)
    if watch is not None:
        watch(len(sources), len(sources), None)
    return tally


def _outcomes(client: Any, sources: Sequence[Source], order: Order) -> Iterator[Outcome]:
    """Yield an outcome per source, as they end."""
    todo = iter(sources)
    waiting: dict[str, Source] = {}
    running = _distributed().as_completed(loop=client.loop, raise_errors=False)

    def hand_out() -> bool:
        source = next(todo, None)
        if source is None:
            return False
        future = client.submit(run, source, order, retries=RETRIES, pure=False)
        waiting[future.key] = source
        running.add(future)
        return True

    for _ in range(AHEAD * max(1, sum(client.nthreads().values()))):
        if not hand_out():
            break
    for future in running:
        source = waiting.pop(future.key)
        outcome = _outcome(future, source, order)
        future.release()
        hand_out()
        yield outcome


def _outcome(future: Any, source: Source, order: Order) -> Outcome:
    if future.status == "finished":
        outcome: Outcome = future.result()
        return outcome
    error = future.exception() if future.status == "error" else None
    if isinstance(error, Unwritten):
        raise Refused(7, str(error))
    if isinstance(error, Differs):
        raise Refused(6, f"a machine of the cluster {error}: install the same version on all")
    if error is not None and type(error).__name__ == "KilledWorker":
        text = f"{DEATHS} processes died over it"
    else:
        text = str(error) if error is not None else "was lost by the cluster"
    try:
        return give_up(source, order, text)
    except Unwritten as failure:
        raise Refused(7, str(failure)) from None


@contextlib.contextmanager
def _client(scheduler: str, processes: int) -> Iterator[Any]:
    """Connect to the cluster, or start one on this machine that only this user can talk to."""
    import dask

    library = _distributed()
    for name in SILENT:
        logging.getLogger(name).setLevel(logging.CRITICAL)
    with contextlib.ExitStack() as stack:
        # a source that ends its process is not handed on forever
        stack.enter_context(dask.config.set({"distributed.scheduler.allowed-failures": DEATHS - 1, **NO_PAGES}))
        if scheduler:
            try:
                client = library.Client(scheduler, timeout=WAIT, set_as_default=False)
            except (OSError, ValueError) as error:
                raise Refused(6, f"no Dask scheduler answers at {scheduler}: {type(error).__name__}") from None
            yield stack.enter_context(client)
            return
        folder = stack.enter_context(private())
        cluster = library.LocalCluster(
            n_workers=processes,
            threads_per_worker=1,
            processes=True,
            host="127.0.0.1",
            dashboard_address=None,
            scheduler_kwargs={"dashboard_address": "127.0.0.1:0"},  # it listens all the same
            memory_limit=0,
            local_directory=folder,
            silence_logs=logging.CRITICAL,
            env={FRESH: "1"},  # an image is read once; what is kept of it is in the store
            security=library.Security.temporary(),
        )
        stack.enter_context(cluster)
        yield stack.enter_context(library.Client(cluster, set_as_default=False))


def _distributed() -> Any:
    """Return the module, whose functions have no types."""
    from importlib import import_module

    return import_module("distributed")
