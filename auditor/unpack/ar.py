"""ar archives: GNU and BSD long names; Debian packages and static libraries are such archives."""

from __future__ import annotations

from auditor.unpack.view import Budget, Container, Damaged, Entry, Opaque, View

NAME = "ar"
TITLE = "ar archive (deb, ipk, static library)"
MAGICS = ((0, b"!<arch>\n"), (0, b"!<thin>\n"))
ANYWHERE = True
KIND = "archive"
MADE_BY = "ar"

HEADER = 60
SYMBOLS = (b"/", b"/SYM64/", b"__.SYMDEF", b"__.SYMDEF SORTED")
"""Members that index the symbols of the others."""


def open(view: View, budget: Budget) -> Container | None:
    """Walk the member headers; the members are plain ranges."""
    if view.head(8) == b"!<thin>\n":
        return Container(extent=view.size, understood=8, problems=[Opaque("thin archive: its members stand elsewhere")])
    container = Container(extent=8)
    entries: list[Entry] = []
    long_names = b""
    try:
        while container.extent + HEADER <= view.size:
            position = container.extent
            head = view.copy(position, HEADER)
            if head[58:] != b"`\n":
                break
            if len(entries) > budget.limits.members:
                container.extent = view.size  # one entry more than allowed: the walk meets the limit
                break
            name, mode, size = _fields(head, position)
            data = view.slice(position + HEADER, size)
            container.extent = min(position + HEADER + size + (size & 1), view.size)
            if name == b"//":
                long_names = bytes(data.data)
            elif name not in SYMBOLS:
                name, data = _named(name, data, long_names)
                entries.append(Entry(name=name, size=data.size, mode=mode, data=data, offset=position))
    except Damaged as damage:
        container.problems.append(damage)
    container.entries = entries
    return container


def _fields(head: bytes, position: int) -> tuple[bytes, int, int]:
    try:
        return head[:16].rstrip(b" "), int(head[40:48].strip() or b"0", 8) & 0o7777, int(head[48:58].strip())
    except ValueError:
        raise Damaged("ar header field is no number", position) from None


def _named(name: bytes, data: View, long_names: bytes) -> tuple[bytes, View]:
    """Return the full name, which GNU keeps in a table and BSD in front of the content."""
    if name.startswith(b"#1/") and name[3:].isdigit():
        length = int(name[3:])
        return data.copy(0, length).rstrip(b"\0"), data.slice(length, data.size - length)
    if name.startswith(b"/") and name[1:].isdigit():
        return long_names[int(name[1:]) :].partition(b"/\n")[0], data
    return (name.removesuffix(b"/") or name), data
