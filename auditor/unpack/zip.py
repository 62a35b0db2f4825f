"""zip archives after PKWARE's APPNOTE: zip64, five compressions, overlapping members refused."""

from __future__ import annotations

import stat
import struct
from collections.abc import Iterator
from dataclasses import dataclass

from auditor.unpack import codec
from auditor.unpack.view import Budget, Container, Damaged, Entry, Opaque, Truncated, View

NAME = "zip"
TITLE = "zip archive (zip64)"
MAGICS = ((0, b"PK\x03\x04"), (0, b"PK\x05\x06"))
ANYWHERE = True
KIND = "archive"
MADE_BY = "zip"

END = struct.Struct("<4sHHHHIIH")
END64 = struct.Struct("<4sQHHIIQQQQ")
CENTRAL = struct.Struct("<4sHHHHHHIIIHHHHHII")
LOCAL = struct.Struct("<4sHHHHHIIIHH")
PIECE = 1 << 20
CODECS = {8: "deflate", 12: "bzip2", 95: "xz"}
UNIX = 3
END_MAGIC = b"PK\x05\x06"


class Overlap(Damaged):
    """Two members claim the same bytes."""

    code = "overlap"


@dataclass(slots=True)
class _Member:
    name: bytes
    flags: int
    method: int
    crc: int
    stored: int
    size: int
    offset: int
    mode: int | None
    end: int = 0
    overlaps: bool = False


def open(view: View, budget: Budget) -> Container | None:
    """Find the end record whose central directory fits, then read that directory."""
    found = _find(view, budget)
    if found is None:
        if view.head(4) != b"PK\x03\x04" or not _local_plausible(view):
            return None
        raise Truncated("zip without its central directory", view.size)
    start, base, count, extent = found
    container = Container(extent=extent)
    members: list[_Member] = []
    try:
        for member in _members(view, start, base, count):
            if len(members) > budget.limits.members:
                break  # one more than allowed: the walk meets the limit
            members.append(member)
    except Damaged as damage:
        container.problems.append(damage)
    overlaps = _mark_overlaps(members)
    if overlaps:
        container.problems.append(Overlap(f"{overlaps} overlapping entries are not read"))
    container.entries = (_entry(view, member, budget) for member in members)
    return container


def _local_plausible(view: View) -> bool:
    if view.size < LOCAL.size:
        return False
    _, version, _, method, *_, length, _ = view.unpack(LOCAL, 0)
    return bool((version & 0xFF) <= 63 and method <= 99 and 0 < length <= 4096)


def _find(view: View, budget: Budget) -> tuple[int, int, int, int] | None:
    """Look for the end record at the end of the view, then behind the members."""
    tail = max(0, view.size - 65557)
    place = bytes(view.data[tail:]).rfind(END_MAGIC)
    found = _directory(view, tail + place) if place >= 0 else None
    if found is not None:
        return found
    start, sure = _behind_members(view)
    if sure and bytes(view.data[start : start + 4]) not in (b"PK\x01\x02", END_MAGIC):
        return None
    for piece in range(start, view.size, PIECE):
        chunk = bytes(view.data[piece : piece + PIECE + 3])
        budget.grow(0 if sure else len(chunk), 0)
        place = chunk.find(END_MAGIC)
        while place >= 0:
            found = _directory(view, piece + place)
            if found is not None:
                return found
            place = chunk.find(END_MAGIC, place + 1)
    return None


def _behind_members(view: View) -> tuple[int, bool]:
    """Follow the local headers; returns where they end and whether that is sure (a streamed member has no size)."""
    position = 0
    while position + LOCAL.size <= view.size:
        magic, _, flags, _, _, _, _, stored, _, name, extra = view.unpack(LOCAL, position)
        if magic != b"PK\x03\x04":
            break
        if flags & 8 or stored == 0xFFFFFFFF:
            return position, False
        position += LOCAL.size + name + extra + stored
    return position, True


def _directory(view: View, place: int) -> tuple[int, int, int, int] | None:
    """Return (start of the directory, place of offset 0, entries, extent) when it fits this archive."""
    if place + END.size > view.size:
        return None
    _, _, _, _, count, size, offset, comment = view.unpack(END, place)
    end = place
    locator = bytes(view.data[max(0, place - 20) : place])
    if locator[:4] == b"PK\x06\x07" and place >= 76:
        end = place - 20 - END64.size
        fields = view.unpack(END64, end)
        if fields[0] == b"PK\x06\x06":
            count, size, offset = fields[7:]
        else:
            end = place
    start = end - size
    base = start - offset
    first = bytes(view.data[start : start + 4]) if start >= 0 else b""
    if base > 0 or first not in (b"PK\x01\x02", b"PK\x05\x06", b"PK\x06\x06"):
        return None
    if count and base and bytes(view.data[0:4]) != b"PK\x03\x04":
        return None
    return start, base, count, min(place + END.size + comment, view.size)


def _members(view: View, position: int, base: int, count: int) -> Iterator[_Member]:
    for _ in range(count):
        fields = view.unpack(CENTRAL, position)
        if fields[0] != b"PK\x01\x02":
            raise Damaged("zip central directory ends early", position)
        made_by, _, flags, method, _, _, crc, stored, size, name, extra, comment, _, _, attributes, offset = fields[1:]
        text = view.copy(position + CENTRAL.size, name)
        record = view.copy(position + CENTRAL.size + name, extra)
        size, stored, offset = _zip64(record, size, stored, offset)
        mode = attributes >> 16 if made_by >> 8 == UNIX and attributes >> 16 else None
        member = _Member(text, flags, method, crc, stored, size, base + offset, mode)
        member.end = member.offset + LOCAL.size + name + stored
        yield member
        position += CENTRAL.size + name + extra + comment


def _zip64(record: bytes, size: int, stored: int, offset: int) -> tuple[int, int, int]:
    """Take the values that do not fit 32 bits from the extra field 1."""
    position = 0
    while position + 4 <= len(record):
        kind, length = struct.unpack_from("<HH", record, position)
        if kind == 1:
            wide = list(struct.unpack_from(f"<{min(length, len(record) - position - 4) // 8}Q", record, position + 4))
            values = [wide.pop(0) if value == 0xFFFFFFFF and wide else value for value in (size, stored, offset)]
            return values[0], values[1], values[2]
        position += 4 + length
    return size, stored, offset


def _mark_overlaps(members: list[_Member]) -> int:
    """Mark members whose bytes belong to an earlier one too; returns their number."""
    end = 0
    found = 0
    for member in sorted(members, key=lambda member: (member.offset, member.end)):
        if member.offset < end:
            member.overlaps = True
            found += 1
        end = max(end, member.end)
    return found


def _entry(view: View, member: _Member, budget: Budget) -> Entry:
    mode = None if member.mode is None else stat.S_IMODE(member.mode)
    if member.name.endswith(b"/"):
        return Entry(name=member.name.rstrip(b"/") or member.name, kind="directory", mode=mode)
    kind = stat.S_IFMT(member.mode or 0)
    if kind == stat.S_IFLNK and member.size <= 4096:
        try:
            target = bytes(_content(view, member, budget).data)
        except Damaged:
            target = b""
        return Entry(name=member.name, kind="symlink", mode=mode, target=target)

    def content() -> View:
        return _content(view, member, budget)

    return Entry(name=member.name, size=member.size, mode=mode, data=content, offset=max(member.offset, 0))


def _content(view: View, member: _Member, budget: Budget) -> View:
    if member.overlaps:
        raise Overlap("entry overlaps another one", member.offset)
    if member.flags & 1:
        raise Opaque("zip member is encrypted", member.offset)
    fields = view.unpack(LOCAL, member.offset)
    if fields[0] != b"PK\x03\x04":
        raise Damaged("zip member without its local header", member.offset)
    start = member.offset + LOCAL.size + fields[9] + fields[10]
    data = view.slice(start, min(member.stored, max(0, view.size - start)))
    output = _decode(data, member, budget)
    if data.size < member.stored:
        damage: Damaged = Truncated("zip member goes past the end", start)
    elif output.size != member.size or _crc(output) != member.crc:
        damage = Damaged("zip member differs from its size or checksum", start)
    else:
        return output
    damage.partial = output
    raise damage


def _decode(data: View, member: _Member, budget: Budget) -> View:
    if member.method == 0:
        return data
    if member.method in CODECS:
        return codec.complete(codec.stream(CODECS[member.method], data, budget))
    if member.method == 93:
        return codec.complete(codec.zstd_stream(data, budget))
    if member.method == 14 and data.size > 9:
        # version (2), size of properties (2), properties, raw LZMA: the alone format without its size
        alone = data.copy(4, 5) + b"\xff" * 8 + bytes(data.data[9:])
        return codec.complete(codec.stream("lzma", View(alone), budget))
    raise Opaque(f"zip compression {member.method} is not supported", member.offset)


def _crc(view: View) -> int:
    from isal import isal_zlib

    value: int = isal_zlib.crc32(view.data)
    return value
