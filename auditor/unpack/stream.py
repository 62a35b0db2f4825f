"""What the one-member stream formats share: decode once, name the content, keep what could be read."""

from __future__ import annotations

from collections.abc import Callable

from auditor.unpack import codec
from auditor.unpack.view import Budget, Container, Entry, Truncated, View

CONTENT = b"content"
"""Name of the member of a stream that carries no name."""


def single(kind: str, view: View, budget: Budget, name: bytes = CONTENT) -> Container | None:
    """Decode the stream at the start of `view`; None when not a byte came out and it is broken."""
    decoded = codec.stream(kind, view, budget)
    if decoded.problem is not None and decoded.view.size == 0 and decoded.problem.code == "damaged":
        raise decoded.problem
    data: View = decoded.view
    entry = Entry(name=name, size=data.size, data=data)
    if decoded.problem is not None:
        problem = decoded.problem
        problem.partial = data

        def incomplete() -> View:
            raise problem

        entry = Entry(name=name, size=data.size, data=incomplete)
    return Container(extent=decoded.consumed, entries=(entry,))


def cut(data: View, offset: int) -> Callable[[], View]:
    """Return the reader of a plain member whose end is missing: it raises with the part that is there."""

    def incomplete() -> View:
        damage = Truncated(f"member ends after {data.size} bytes", offset)
        damage.partial = data
        raise damage

    return incomplete
