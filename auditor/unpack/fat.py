"""FAT12, FAT16 and FAT32 with long names, after Microsoft's FAT specification."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from auditor.unpack.view import Budget, Container, Damaged, Entry, LimitHit, Truncated, View

NAME = "fat"
TITLE = "FAT12, FAT16, FAT32"
MAGICS = ((510, b"\x55\xaa"),)
ANYWHERE = False
KIND = "filesystem"
MADE_BY = "mkfs.fat"

ENTRY = struct.Struct("<11sBB7xH4xHI")
"""Name, attributes, case flags, high half of the cluster, low half, size."""
LABEL, DIRECTORY, LONG = 0x08, 0x10, 0x0F
LOWER_BASE, LOWER_EXTENSION = 0x08, 0x10
ENDS = {12: 0xFF8, 16: 0xFFF8, 32: 0xFFFFFF8}
DIRECTORY_LIMIT = 4 << 20
"""Bytes of a directory: 65,536 entries with long names stay below."""


def open(view: View, budget: Budget) -> Container | None:
    """Validate the boot sector and the first entry of the table."""
    if view.size < 512 or view.head(1) not in (b"\xeb", b"\xe9"):
        return None
    sector, per_cluster, reserved, tables, roots, small = struct.unpack_from("<HBHBHH", view.head(512), 11)
    media, table16 = struct.unpack_from("<BH", view.head(512), 21)
    large, table32 = struct.unpack_from("<II", view.head(512), 32)
    if sector not in (512, 1024, 2048, 4096) or per_cluster == 0 or per_cluster & (per_cluster - 1):
        return None
    total, table = small or large, table16 or table32
    if not reserved or tables not in (1, 2, 3, 4) or not total or not table or media < 0xF0:
        return None
    first = reserved + tables * table + (roots * 32 + sector - 1) // sector
    if first > total or bytes(view.data[reserved * sector : reserved * sector + 1]) != bytes((media,)):
        return None
    clusters = (total - first) // per_cluster
    bits = 12 if clusters < 4085 else 16 if clusters < 65525 else 32
    volume = Volume(
        view=view,
        bits=bits,
        table=reserved * sector,
        data=first * sector,
        cluster=per_cluster * sector,
        clusters=min(clusters, table * sector * 8 // bits - 2),
    )
    if bits == 32:
        root = volume.read(struct.unpack_from("<I", view.head(512), 44)[0], DIRECTORY_LIMIT)
    else:
        start = (reserved + tables * table) * sector
        root = view.slice(start, min(roots * 32, max(0, view.size - start)))
    container = Container(extent=min(total * sector, view.size), entries=_tree(volume, root, budget))
    if total * sector > view.size:
        container.problems.append(Truncated(f"FAT of {total * sector} bytes, {view.size} are there", view.size))
    return container


@dataclass(slots=True)
class Volume:
    """The geometry of one file system and its allocation table."""

    view: View
    bits: int
    table: int
    data: int
    cluster: int
    clusters: int

    def next(self, number: int) -> int | None:
        """Return the cluster behind `number`, None at the end of the chain."""
        if not 2 <= number < self.clusters + 2:
            raise Damaged(f"FAT cluster {number} of {self.clusters}")
        if self.bits == 12:
            word = int.from_bytes(self.view.copy(self.table + number * 3 // 2, 2), "little")
            word = word >> 4 if number & 1 else word & 0xFFF
        else:
            size = self.bits // 8
            word = int.from_bytes(self.view.copy(self.table + number * size, size), "little") & 0x0FFFFFFF
        return None if word >= ENDS[self.bits] or word < 2 else word

    def runs(self, number: int, wanted: int) -> Iterator[tuple[int, int]]:
        """Yield (first cluster, clusters) of a chain, at most `wanted` clusters."""
        first, count = number, 0
        current: int | None = number
        while wanted > 0 and current is not None:
            if current != first + count:
                yield first, count
                first, count = current, 0
            count += 1
            wanted -= 1
            current = self.next(current)
        if count:
            yield first, count

    def read(self, number: int, size: int, budget: Budget | None = None) -> View:
        """Return the first `size` bytes of a chain, fewer when it is shorter; one run is a slice."""
        output = bytearray()
        runs = list(self.runs(number, (size + self.cluster - 1) // self.cluster))
        if len(runs) == 1:
            start = self.data + (runs[0][0] - 2) * self.cluster
            return self.view.slice(start, min(size, runs[0][1] * self.cluster))
        for first, count in runs:
            more = min(count * self.cluster, size - len(output))
            output += self.view.slice(self.data + (first - 2) * self.cluster, more).data
            if budget is not None:
                budget.grow(more, len(output), len(output))
        return View(output)


def _tree(volume: Volume, root: View, budget: Budget) -> Iterator[Entry]:
    """Yield the entries depth-first; each directory is entered once, so a cycle ends."""
    seen = {0}
    stack = [(b"", _listing(root))]
    while stack:
        prefix, listing = stack[-1]
        found = next(listing, None)
        if found is None:
            stack.pop()
            continue
        name, directory, cluster, size = found
        path = prefix + name
        if not directory:
            yield _file(volume, path, cluster, size, budget)
            continue
        yield Entry(name=path, kind="directory")
        if cluster not in seen:
            seen.add(cluster)
            data = volume.read(cluster, DIRECTORY_LIMIT)
            budget.grow(data.size, 0)
            stack.append((path + b"/", _listing(data)))


def _file(volume: Volume, path: bytes, cluster: int, size: int, budget: Budget) -> Entry:
    def data() -> View:
        if size == 0:
            return View(b"")
        limit = budget.limits.member_size
        whole = volume.read(cluster, size, budget) if size <= limit else None
        if whole is None:
            raise LimitHit("member-size", limit, f"a member of {size} bytes exceeds member-size")
        if whole.size < size:
            damage = Truncated(f"FAT chain holds {whole.size} of {size} bytes")
            damage.partial = whole
            raise damage
        return whole

    return Entry(name=path, size=size, data=data)


def _listing(data: View) -> Iterator[tuple[bytes, bool, int, int]]:
    """Yield (name, is a directory, first cluster, size); names are UTF-8."""
    parts: dict[int, bytes] = {}
    check = -1
    for position in range(0, data.size - 31, 32):
        raw = data.copy(position, 32)
        if raw[0] == 0:
            return
        if raw[0] == 0xE5:
            parts.clear()
            continue
        if raw[11] & 0x3F == LONG:
            if raw[0] & 0x40:
                parts.clear()
                check = raw[13]
            parts[raw[0] & 0x1F] = raw[1:11] + raw[14:26] + raw[28:32]
            continue
        short, attributes, case, high, low, size = ENTRY.unpack(raw)
        long = _long(parts) if parts and check == _checksum(short) else b""
        parts.clear()
        if attributes & LABEL or short[:2] in (b". ", b".."):
            continue
        yield long or _short(short, case), bool(attributes & DIRECTORY), high << 16 | low, size


def _long(parts: dict[int, bytes]) -> bytes:
    text = b"".join(parts[number] for number in sorted(parts)).decode("utf-16-le", "surrogatepass")
    return text.partition("\0")[0].encode("utf-8", "surrogatepass")


def _short(raw: bytes, case: int) -> bytes:
    base, extension = raw[:8].rstrip(b" "), raw[8:].rstrip(b" ")
    if base[:1] == b"\x05":
        base = b"\xe5" + base[1:]
    name, suffix = base.decode("cp437"), extension.decode("cp437")
    name = name.lower() if case & LOWER_BASE else name
    suffix = suffix.lower() if case & LOWER_EXTENSION else suffix
    return (name + ("." + suffix if suffix else "")).encode()


def _checksum(short: bytes) -> int:
    total = 0
    for byte in short:
        total = ((total & 1) << 7) + (total >> 1) + byte & 0xFF
    return total
