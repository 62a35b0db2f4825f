"""VBF: a text header, then blocks of address, length, data and CRC-16.

The layout follows public descriptions of versions 2 and 3 (github.com/smartgauges/qvbf,
github.com/consp/vbfdecode): `file_checksum` is a CRC-32 over all blocks, each block ends with the
CRC-16/CCITT-FALSE of its plain data, `data_format_identifier` 0x10 means LZSS.
"""

from __future__ import annotations

import re
import struct
from binascii import crc32, crc_hqx
from collections.abc import Iterator

from auditor.model import Evidence
from auditor.unpack.lzss import VARIANTS, decode
from auditor.unpack.segments import BadChecksum
from auditor.unpack.view import Budget, Container, Damaged, Entry, Opaque, Truncated, View

NAME = "vbf"
TITLE = "VBF flash file: blocks, checksums, LZSS"
MAGICS = ((0, b"vbf_version"),)
ANYWHERE = False
KIND = "ecu"
MADE_BY = None

HEAD = 1 << 16
BLOCK = struct.Struct(">II")
FIELD = re.compile(
    rb"\b(sw_part_number|sw_version|sw_part_type|file_checksum|data_format_identifier)\s{0,16}=\s{0,16}([^;]{0,512});"
)
PART = re.compile(rb'"?([\w.\- /]{1,64})"?')
TOKEN = re.compile(rb'"[^"\n]*"|//[^\n]*|[{}]')
PLAIN, LZSS = 0x00, 0x10
MAX_BLOCKS = 65536
CLAIMS = {"sw_part_number": "part-number", "sw_version": "version", "sw_part_type": "part-type"}


def open(view: View, budget: Budget) -> Container | None:
    """Read the header and walk the blocks; one region per block, decompressed."""
    head = view.head(HEAD)
    start = _header_end(head)
    fields = {found[1].decode(): (found[2].strip(), found.start(2)) for found in FIELD.finditer(head[:start])}
    problems: list[Damaged] = []
    blocks: list[tuple[int, int, int]] = []
    end = _blocks(view, start, blocks, problems)
    if not blocks and not problems:
        problems.append(Truncated("no block follows the header", start))
    stated = _number(fields.get("file_checksum"))
    if stated is not None and end > start and crc32(view.data[start:end]) != stated:
        problems.append(BadChecksum("file_checksum does not fit the blocks", fields["file_checksum"][1]))
    method = _number(fields.get("data_format_identifier")) or PLAIN
    return Container(
        extent=end,
        entries=_entries(view, budget, blocks, method),
        problems=problems,
        evidence=tuple(_facts(fields)),
    )


def _header_end(head: bytes) -> int:
    """Return the offset behind the brace that closes the header; texts and comments do not count."""
    depth = 0
    for token in TOKEN.finditer(head):
        if token[0] == b"{":
            depth += 1
        elif token[0] == b"}":
            depth -= 1
            if depth == 0:
                return token.end()
            if depth < 0:
                break
    raise Damaged("header of the VBF is not closed", 0)


def _number(field: tuple[bytes, int] | None) -> int | None:
    try:
        return None if field is None else int(field[0], 0)
    except ValueError:
        return None


def _blocks(view: View, start: int, blocks: list[tuple[int, int, int]], problems: list[Damaged]) -> int:
    """Collect (address, offset, size) of the blocks and return where they end."""
    cursor = start
    while cursor < view.size:
        try:
            address, size = view.unpack(BLOCK, cursor)
            view.need(cursor + BLOCK.size, size + 2)
        except Truncated as damage:
            problems.append(damage)
            return view.size
        if len(blocks) >= MAX_BLOCKS:
            raise Damaged(f"more than {MAX_BLOCKS} blocks", cursor)
        blocks.append((address, cursor + BLOCK.size, size))
        cursor += BLOCK.size + size + 2
    return cursor


def _entries(view: View, budget: Budget, blocks: list[tuple[int, int, int]], method: int) -> Iterator[Entry]:
    """Yield the blocks; those whose checksum does not fit are yielded first and reported last."""
    wrong = 0
    seen: dict[int, int] = {}
    for address, offset, size in blocks:
        seen[address] = seen.get(address, 0) + 1
        suffix = f"#{seen[address]}" if seen[address] > 1 else ""
        name = f"segment@{address:#010x}{suffix}".encode()
        stored = view.slice(offset, size)
        expected = int.from_bytes(view.copy(offset + size, 2), "big")
        if method == LZSS and crc_hqx(stored.data, 0xFFFF) != expected:

            def unpack(stored: View = stored, expected: int = expected, offset: int = offset) -> View:
                return _plain(stored, expected, budget, offset)

            yield Entry(name=name, kind="region", data=unpack, offset=offset)
            continue
        if method == PLAIN and crc_hqx(stored.data, 0xFFFF) != expected:
            wrong += 1
        yield Entry(name=name, kind="region", size=size, data=stored, offset=offset)
    if method not in (PLAIN, LZSS):
        raise Opaque(f"blocks are encrypted or compressed (data format {method:#04x})", 0)
    if wrong:
        raise BadChecksum(f"CRC-16 of {wrong} blocks is wrong")


def _plain(stored: View, expected: int, budget: Budget, offset: int) -> View:
    """Decompress a block; the variant of LZSS is the one whose output fits the checksum."""
    limit = budget.limits.member_size
    for variant in VARIANTS:
        plain = decode(stored.data, variant, limit)
        if crc_hqx(plain, 0xFFFF) == expected:
            budget.take(len(plain), stored.size, offset)
            return View(plain)
    opaque = Opaque("no known variant of LZSS fits the checksum of the block", offset)
    opaque.partial = stored
    raise opaque


def _facts(fields: dict[str, tuple[bytes, int]]) -> Iterator[Evidence]:
    """Return part numbers, version and kind of software from the header."""
    for name, claim in CLAIMS.items():
        raw, offset = fields.get(name, (b"", 0))
        for found in PART.finditer(raw.strip(b"{}")):
            value = found[1].decode("ascii", "replace").strip()
            if value:
                yield Evidence(
                    subject="file:",
                    claim=claim,
                    value=value,
                    detector=NAME,
                    method="header",
                    grade="supporting",
                    offset=offset + found.start(),
                    pointer=name,
                )
