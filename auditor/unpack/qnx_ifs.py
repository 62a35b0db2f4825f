"""QNX image file systems: startup header, then a directory of files that lie in place.

Layout as in QNX's published headers `sys/startup.h` and `sys/image.h`.
"""

from __future__ import annotations

import stat
import struct
from collections.abc import Iterator

from auditor.model import Evidence
from auditor.unpack.inodes import KINDS
from auditor.unpack.view import Budget, Container, Damaged, Entry, Opaque, Truncated, View

NAME = "qnx_ifs"
TITLE = "QNX image file system, uncompressed; compressed ones are opaque"
MAGICS = ((0, b"\xeb\x7e\xff\x00"), (0, b"imagefs"))
ANYWHERE = True
KIND = "filesystem"
MADE_BY = None
ALIGNMENT = 4

STARTUP = struct.Struct("<IHBBHHIIIIIIIIIH")
STARTUP_SIZE = 256
COMPRESSIONS = {1: "zlib", 2: "LZO", 3: "UCL"}
MACHINES = {3: "I386", 8: "MIPS", 20: "PPC", 40: "ARM", 42: "SH", 62: "X86_64", 183: "AARCH64"}
IMAGE_SIZE = 88


def open(view: View, budget: Budget) -> Container | None:
    """Read the startup header, if there is one, and the directory behind it."""
    if view.size < IMAGE_SIZE:
        raise Truncated(f"image file system ends after {view.size} bytes, inside its header", view.size)
    if bytes(view.data[:7]) == b"imagefs":
        return _image(view)
    if view.size < STARTUP_SIZE:
        raise Truncated(f"image file system ends after {view.size} bytes, inside its startup header", view.size)
    fields = view.unpack(STARTUP, 0)
    version, flags, header_size, machine = fields[1], fields[2], fields[4], fields[5]
    startup_size, stored_size = fields[11], fields[12]
    if version != 1 or not STARTUP_SIZE <= header_size <= startup_size <= stored_size:
        return None
    facts = (_machine(machine),)
    compression = flags >> 2 & 7
    if compression:
        name = COMPRESSIONS.get(compression, f"method {compression}")
        return Container(
            extent=min(view.size, stored_size),
            understood=startup_size,
            problems=[Opaque(f"image file system is compressed with {name}, which is not read", startup_size)],
            evidence=facts,
        )
    if startup_size + IMAGE_SIZE > view.size:
        raise Truncated("image file system ends before its directory", startup_size)
    inner = _image(view.slice(startup_size, view.size - startup_size), startup_size)
    if inner is None:
        raise Damaged("no image file system behind the startup code", startup_size)
    inner.extent = min(view.size, max(stored_size, startup_size + inner.extent))
    inner.evidence = facts
    if stored_size > view.size:
        inner.problems.append(Truncated(f"image of {stored_size} bytes, only {view.size} are there", 36))
    return inner


def _machine(machine: int) -> Evidence:
    return Evidence(
        subject="file:",
        claim="machine",
        value=MACHINES.get(machine, str(machine)),
        detector=NAME,
        method="header",
        grade="supporting",
        offset=10,
    )


def _image(view: View, base: int = 0) -> Container | None:
    """Read the image header; `base` is where the image stands in the artifact."""
    order = ">" if view.data[7] & 1 else "<"
    size, directory_end, directory = view.unpack(struct.Struct(order + "III"), 8)
    if not IMAGE_SIZE <= directory < directory_end <= size:
        return None
    container = Container(extent=min(size, view.size))
    if size > view.size:
        container.problems.append(Truncated(f"image of {size} bytes, only {view.size} are there", base + 8))
    container.entries = _entries(view, order, directory, min(directory_end, view.size), base)
    return container


def _entries(view: View, order: str, cursor: int, end: int, base: int) -> Iterator[Entry]:
    """Walk the directory; an entry of size 0 ends it."""
    attributes, pair = struct.Struct(order + "HHIIIII"), struct.Struct(order + "II")
    length_field = struct.Struct(order + "H")
    while cursor + length_field.size <= end:
        (size,) = view.unpack(length_field, cursor)
        if size == 0:
            return
        mode = view.unpack(attributes, cursor)[3]
        if size < attributes.size + 4 or cursor + size > end:
            raise Damaged(f"directory entry of {size} bytes", base + cursor)
        kind = KINDS.get(stat.S_IFMT(mode), "file")
        body = view.slice(cursor, size)
        permissions = stat.S_IMODE(mode)
        if kind == "file":
            offset, length = body.unpack(pair, 24)
            name = body.copy(32, size - 32).split(b"\0")[0]
            data = view.slice(offset, length)
            yield Entry(name=name, size=length, mode=permissions, data=data, offset=base + offset)
        elif kind == "symlink":
            place, length = body.unpack(struct.Struct(order + "HH"), 24)
            name = body.copy(28, size - 28).split(b"\0")[0]
            yield Entry(name=name, kind=kind, mode=permissions, target=body.copy(28 + place, length).split(b"\0")[0])
        else:
            start = 24 if kind == "directory" else 32
            name = body.copy(start, size - start).split(b"\0")[0]
            if name or kind != "directory":
                yield Entry(name=name, kind=kind, mode=permissions)
        cursor += size
    raise Truncated("directory without end", base + cursor)
