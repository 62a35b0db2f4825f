"""One virtual tree over an input: every container opened in place, nothing written."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator

import msgspec

from auditor.model import Artifact, Evidence, Problem
from auditor.unpack.names import display, join
from auditor.unpack.noise import is_noise
from auditor.unpack.search import RAW, READER_FAULTS, ReaderFailed, Survey, survey
from auditor.unpack.view import Budget, Container, Damaged, Entry, LimitHit, Opaque, View

Report = Callable[[Problem | Evidence], None]
"""Receives problems as they are met, and the facts that container headers state."""
Node = tuple[Artifact, View | None]
ENDING = ("members", "total-size")
"""Limits of the whole input: when one is hit the walk ends."""


def walk(view: View, budget: Budget, report: Report, declared: str = "") -> Iterator[Node]:
    """Yield the input itself (path empty) and everything inside it, depth-first, in container order.

    Each node comes with a view of its bytes, None for nodes without content; the view is dropped
    when the next node is asked for. Damage, limits and opaque content go to `report` and set
    `complete` to False on the node, as far as known when it is yielded: `settle` does the rest.
    `declared` is the format that the user says the input has; that it has another is damage.
    Never raises for what the bytes say.
    """
    top = Artifact(id="", path="", kind="file", size=view.size)
    yield from _Walk(budget, report).content(view, top, 0, declared or None)


def settle(artifacts: Iterable[Artifact], problems: Iterable[Problem]) -> tuple[Artifact, ...]:
    """Return the artifacts with `complete=False` on each that has a problem, and on its containers."""
    kept = tuple(artifacts)
    parents = {artifact.path: artifact.parent for artifact in kept}
    lost: set[str] = set()
    for problem in problems:
        path: str | None = problem.path
        while path is not None and path not in lost:
            lost.add(path)
            path = parents.get(path)
    return tuple(
        msgspec.structs.replace(artifact, complete=False) if artifact.path in lost else artifact for artifact in kept
    )


def _sha256(view: View) -> str:
    digest = hashlib.sha256()
    for window in view.windows():
        digest.update(window)
    return digest.hexdigest()


class _Walk:
    """The state of one walk."""

    def __init__(self, budget: Budget, report: Report) -> None:
        self.budget = budget
        self.report = report
        self.stopped = False

    def content(self, view: View, node: Artifact, depth: int, declared: str | None) -> Iterator[Node]:
        """Yield an artifact that has bytes, then what is inside it."""
        found = self.examine(view, node.path, declared)
        if not node.path and declared not in (None, RAW, found.format):
            found.problems.append(Damaged(f"the bytes are no {declared}, which the input was said to be", 0))
        if found.container is None and not found.regions and not found.format:
            found.problems.extend(self.noise(view, node))
        digest = _sha256(view)
        artifact = msgspec.structs.replace(
            node,
            id=digest,
            size=view.size,
            format=found.format,
            understood=found.understood,
            complete=node.complete and not found.problems,
        )
        yield artifact, view
        for damage in found.problems:
            self.problem(node.path, damage)
        if found.container is not None:
            for fact in found.container.evidence:
                subject = f"file:{node.path}" if fact.subject == "file:" else fact.subject
                self.report(msgspec.structs.replace(fact, subject=subject, path=node.path, artifact=digest))
        if found.container is None and not found.regions:
            return
        if depth >= self.budget.limits.depth:
            limit = self.budget.limits.depth
            self.problem(node.path, LimitHit("depth", limit, f"{found.format or 'image'} nested too deep to be opened"))
        else:
            if found.container is not None:
                yield from self.members(found.container, node.path, depth + 1)
            yield from self.regions(view, found, node.path, depth + 1)

    def examine(self, view: View, path: str, declared: str | None) -> Survey:
        """Find out what the bytes are; a limit that ends the walk still leaves the artifact itself."""
        try:
            return survey(view, self.budget, declared)
        except LimitHit as hit:
            self.stopped = True
            return Survey(problems=[hit])
        except MemoryError:
            return Survey(problems=[self.memory()])

    def regions(self, view: View, found: Survey, path: str, depth: int) -> Iterator[Node]:
        """Yield what stands behind or between the formats of one artifact."""
        for region in found.regions:
            if self.stopped:
                return
            if region.format == "padding":
                continue
            node = Artifact(
                id="",
                path=join(path, f"{region.offset:#010x}.{region.label}"),
                kind="region",
                size=region.size,
                parent=path,
            )
            piece = view.slice(region.offset, region.size)
            if region.format:
                yield from self.content(piece, node, depth, region.format)
            else:
                noise = self.noise(piece, node)
                digest = _sha256(piece)
                yield msgspec.structs.replace(node, id=digest, complete=not noise), piece
                for damage in noise:
                    self.problem(node.path, damage)

    def members(self, container: Container, path: str, depth: int) -> Iterator[Node]:
        """Yield the entries of a container; damage half way keeps what came before."""
        try:
            for entry in container.entries:
                if self.stopped:
                    return
                self.budget.member(entry.offset)
                yield from self.member(entry, path, depth)
        except Damaged as damage:
            self.problem(path, damage)
        except READER_FAULTS as fault:
            self.problem(path, ReaderFailed(f"reader failed: {type(fault).__name__}"))
        except MemoryError:
            self.problem(path, self.memory())

    def member(self, entry: Entry, path: str, depth: int) -> Iterator[Node]:
        """Yield one entry and what is inside it."""
        limit = self.budget.limits.name_length
        name = display(entry.name[:limit])
        node = Artifact(
            id="",
            path=join(path, name),
            kind=entry.kind,
            size=entry.size,
            mode=entry.mode,
            target=None if entry.target is None else display(entry.target[:limit]),
            parent=path,
        )
        if len(entry.name) > limit or (entry.target is not None and len(entry.target) > limit):
            self.problem(node.path, LimitHit("name-length", limit, "name or target cut", entry.offset))
        if entry.data is None:
            yield node, None
            return
        view, complete = self.data(entry, node.path)
        if view is None:
            yield msgspec.structs.replace(node, complete=False), None
        else:
            yield from self.content(view, msgspec.structs.replace(node, complete=complete), depth, entry.format)

    def data(self, entry: Entry, path: str) -> tuple[View | None, bool]:
        """Return the content of an entry and whether it is all of it."""
        if isinstance(entry.data, View):
            return entry.data, True
        assert entry.data is not None
        try:
            return entry.data(), True
        except Damaged as damage:
            self.problem(path, damage)
            damage.__traceback__ = None  # its frames hold the bytes, in a cycle only the collector ends
            return damage.partial, False
        except READER_FAULTS as fault:
            self.problem(path, ReaderFailed(f"reader failed: {type(fault).__name__}", entry.offset))
        except MemoryError:
            self.problem(path, self.memory())
        return None, False

    def noise(self, view: View, node: Artifact) -> list[Damaged]:
        """Return the problem of an input or region that looks encrypted; files of a tree may be media."""
        apart = node.kind == "region" or not node.path
        if apart and is_noise(view):
            return [Opaque(f"{view.size} bytes of high entropy in no known format", 0)]
        return []

    def memory(self) -> LimitHit:
        """Return the problem of a reader that ran out of memory."""
        return LimitHit("memory", self.budget.limits.memory, "reader ran out of memory")

    def problem(self, path: str, damage: Damaged) -> None:
        """Hand a problem to the report; a limit of the whole input ends the walk."""
        limited = damage if isinstance(damage, LimitHit) else None
        if limited is not None and limited.limit in ENDING:
            self.stopped = True
        self.report(
            Problem(
                code=damage.code,
                message=damage.message,
                path=path,
                offset=damage.offset,
                limit=None if limited is None else limited.limit,
                value=None if limited is None else limited.value,
            )
        )
