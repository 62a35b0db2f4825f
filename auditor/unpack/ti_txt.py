"""TI-TXT: `@address` lines, lines of hexadecimal bytes, a closing `q`."""

from __future__ import annotations

import re
from binascii import Error as HexError
from binascii import unhexlify

from auditor.unpack.segments import Segments, entries, lines
from auditor.unpack.view import Budget, Container, Damaged, Truncated, View

NAME = "ti_txt"
TITLE = "TI-TXT as addressed segments"
MAGICS = ((0, b"@"),)
ANYWHERE = False
KIND = "ecu"
MADE_BY = "srec_cat"

FIRST_LINES = re.compile(rb"@[0-9A-Fa-f]{1,8}[ \t]*\r?\n[ \t]*[0-9A-Fa-f]{2}(?:[ \t\r\n]|$)")
ADDRESS_LINE = re.compile(rb"@[0-9A-Fa-f]{1,8}")
HEAD = 128


def open(view: View, budget: Budget) -> Container | None:
    """Read a file that starts with an address and a line of bytes; one entry per run of addresses."""
    if FIRST_LINES.match(view.head(HEAD)) is None:
        return None
    segments = Segments(budget)
    address, ended = 0, False
    for offset, line in lines(view):
        if ended:
            segments.count(Damaged, "lines behind the end", offset)
            break
        if line in (b"q", b"Q"):
            ended = True
        elif ADDRESS_LINE.fullmatch(line):
            address = int(line[1:], 16)
        else:
            try:
                data = unhexlify(line.replace(b" ", b"").replace(b"\t", b""))
            except (HexError, ValueError):
                segments.count(Damaged, "line is neither address nor bytes", offset)
                continue
            segments.add(address, data, offset)
            address = (address + len(data)) & 0xFFFFFFFF
    joined = segments.joined()
    problems = segments.problems()
    if not ended:
        problems.append(Truncated("no closing q", view.size))
    return Container(extent=view.size, entries=entries(joined, budget), problems=problems)
