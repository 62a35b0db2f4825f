"""What one machine does with one source; everything it says is in the store or in the Outcome."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from auditor.fleet.audit import Auditor
from auditor.fleet.fetch import Held, Unreadable, held
from auditor.fleet.rows import FAILED, UNREADABLE, Row, of_report, without_report
from auditor.fleet.settings import Settings, stamp
from auditor.fleet.sources import Source
from auditor.fleet.store import Store, identity
from auditor.worker import WorkerUnavailable


class Order(NamedTuple):
    """A run, as every task of it is told."""

    settings: Settings
    store: str
    stamp: str
    again: bool = False


class Outcome(NamedTuple):
    """How a source ended."""

    source: str
    state: str
    kept: bool = False
    """It had been audited before."""
    problem: str = ""


class Differs(Exception):
    """A machine with other code, rules or facts than the one that started the run."""


def run(source: Source, order: Order) -> Outcome:
    """Have the rows of one source in the store. Raises Unreadable, Unwritten, WorkerUnavailable: try again."""
    if _own(_Key(order.settings)).stamp != order.stamp:
        raise Differs("has other code, rules or facts than the machine that started the run")
    store = _store(order.store)
    with held(source, order.settings.most) as image:
        kept = store.done(image.sha256, order.stamp, order.again)
        if not kept:
            rows = _rows(order, image)
            store.put(image.sha256, order.stamp, rows)
            store.place(source.name, image.sha256, image.size)
            (row,) = rows["images"]
            return Outcome(source.name, row["state"], problem="; ".join(row["problems"][:1]))
        store.place(source.name, image.sha256, image.size)
        known = store.known(image.sha256)
        return Outcome(source.name, known.state if known else FAILED, kept=True)


def give_up(source: Source, order: Order, problem: str) -> Outcome:
    """Write the row of a source that could not be had, as its last word of this run. Raises Unwritten."""
    store = _store(order.store)
    name = identity(source.name)
    store.put(name, order.stamp, without_report(name, order.stamp, UNREADABLE, problem, order.settings.as_of))
    store.place(source.name, name, None)
    return Outcome(source.name, UNREADABLE, problem=problem)


def _rows(order: Order, image: Held) -> dict[str, list[Row]]:
    """Audit an image; what nobody foresaw becomes its row, and the next image gets a fresh start."""
    own = _own(_Key(order.settings))
    try:
        return of_report(own.auditor().report(image), image.sha256, order.stamp)
    except BaseException as fault:
        own.forget()
        if isinstance(fault, Unreadable | WorkerUnavailable) or not isinstance(fault, Exception):
            raise
        problem = f"{type(fault).__name__} in the audit of this image"
        return without_report(image.sha256, order.stamp, FAILED, problem, order.settings.as_of)


class _Key:
    """Settings as the key of a cache: the same when all of them are."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.text = repr(settings)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Key) and other.text == self.text

    def __hash__(self) -> int:
        return hash(self.text)


class _Own:
    """What this process keeps from one image to the next."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.stamp = stamp(settings)
        self.made: Auditor | None = None

    def auditor(self) -> Auditor:
        if self.made is None:
            self.made = Auditor(self.settings)
        return self.made

    def forget(self) -> None:
        if self.made is not None:
            made, self.made = self.made, None
            made.close()


@lru_cache(1)
def _own(key: _Key) -> _Own:
    return _Own(key.settings)


@lru_cache(1)
def _store(place: str) -> Store:
    return Store(place)
