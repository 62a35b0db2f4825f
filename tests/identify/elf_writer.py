"""A tiny ELF writer: what a linker would write, small enough to read."""

from __future__ import annotations

import struct
from collections.abc import Sequence

from auditor.identify.elf_hashes import gnu_hash, system_v_hash


class _Strings:
    def __init__(self) -> None:
        self.data = b"\0"

    def add(self, text: str) -> int:
        if not text:
            return 0
        offset = len(self.data)
        self.data += text.encode("latin-1") + b"\0"
        return offset


def shared_object(
    *,
    bits: int = 64,
    little: bool = True,
    machine: int = 183,
    soname: str | None = "libdemo.so.1",
    needed: Sequence[str] = ("libc.so.6",),
    exports: Sequence[str] = ("demo_init", "demo_run"),
    imports: Sequence[str] = ("malloc",),
    interpreter: str | None = None,
    comment: str = "GCC: (Demo 12.2.0-1) 12.2.0",
    notes: Sequence[tuple[str, int, bytes]] = (("GNU", 3, bytes(range(20))),),
    version_needs: Sequence[tuple[str, str]] = (("libc.so.6", "GLIBC_2.17"),),
    extra: Sequence[tuple[str, bytes]] = (),
) -> bytes:
    """One load segment at address 0 that covers the file, a dynamic section, .gnu.hash, versions, notes."""
    order = "<" if little else ">"
    word = "Q" if bits == 64 else "I"
    header_size, segment_size, section_size, symbol_size = (64, 56, 64, 24) if bits == 64 else (52, 32, 40, 16)
    strings = _Strings()
    body = bytearray()
    segments = 3 + (interpreter is not None)
    base = header_size + segments * segment_size
    sections: list[tuple[str, int, int, int, int, int, int, int, int]] = []

    def add(name: str, kind: int, data: bytes, flags: int = 2, link: int = 0, info: int = 0, entry: int = 0) -> int:
        body.extend(bytes(-(base + len(body)) % 8))
        offset = base + len(body)
        body.extend(data)
        align = 4 if kind == 7 else 8
        sections.append((name, kind, flags, offset, len(data), link, info, entry, align))
        return offset

    symbols = bytes(symbol_size)
    for name in (*imports, *exports):
        index = 1 if name in exports else 0
        if bits == 64:
            symbols += struct.pack(order + "IBBHQQ", strings.add(name), 0x12, 0, index, 64 * index, 8)
        else:
            symbols += struct.pack(order + "IIIBBH", strings.add(name), 64 * index, 8, 0x12, 0, index)
    needs = {name: strings.add(name) for name in needed}
    soname_at = strings.add(soname) if soname else 0
    version_names = [(strings.add(version), version, library) for library, version in version_needs]
    symbols_at = add(".dynsym", 11, symbols, link=2, info=1, entry=symbol_size)
    strings_at = add(".dynstr", 3, strings.data)
    first = 1 + len(imports)
    chain = b"".join(
        struct.pack(order + "I", gnu_hash(name.encode()) & ~1 | (position == len(exports) - 1))
        for position, name in enumerate(exports)
    )
    bloom = struct.pack(order + word, (1 << bits) - 1)
    bucket = first if exports else 0
    table = struct.pack(order + "IIII", 1, first if exports else 1, 1, 6) + bloom + struct.pack(order + "I", bucket)
    hash_at = add(".gnu.hash", 0x6FFFFFF6, table + chain, link=1)
    need = b"".join(
        struct.pack(order + "HHIII", 1, 1, needs[library], 16, 0 if last else 32)
        + struct.pack(order + "IHHII", system_v_hash(version.encode()), 0, 2 + position, name_at, 0)
        for position, (name_at, version, library) in enumerate(version_names)
        for last in (position == len(version_names) - 1,)
    )
    need_at = add(".gnu.version_r", 0x6FFFFFFE, need, link=2, info=len(version_names)) if need else 0
    dynamic = [(1, offset) for offset in needs.values()] + ([(14, soname_at)] if soname else [])
    dynamic += [(0x6FFFFEF5, hash_at), (5, strings_at), (6, symbols_at), (10, len(strings.data)), (11, symbol_size)]
    dynamic += [(0x6FFFFFFE, need_at), (0x6FFFFFFF, len(version_names))] if need else []
    packed = b"".join(struct.pack(order + word * 2, *pair) for pair in (*dynamic, (0, 0)))
    dynamic_at = add(".dynamic", 6, packed, flags=3, link=2, entry=2 * bits // 8)
    notes_data = b"".join(
        struct.pack(order + "III", len(owner) + 1, len(content), kind)
        + (owner.encode() + b"\0").ljust((len(owner) + 4) // 4 * 4, b"\0")
        + content.ljust((len(content) + 3) // 4 * 4, b"\0")
        for owner, kind, content in notes
    )
    notes_at = add(".note.demo", 7, notes_data)
    interpreter_data = (interpreter or "").encode() + b"\0"
    interpreter_at = add(".interp", 1, interpreter_data) if interpreter is not None else 0
    loaded = base + len(body)
    add(".comment", 1, comment.encode() + b"\0", flags=0x30, entry=1)
    for name, data in extra:
        add(name, 1, data, flags=0)
    names = _Strings()
    offsets = [names.add(name) for name in (*(section[0] for section in sections), ".shstrtab")]
    add(".shstrtab", 3, names.data, flags=0)
    body.extend(bytes(-(base + len(body)) % 8))
    table_at = base + len(body)
    headers = bytes(section_size)
    for (_, kind, flags, offset, size, link, info, entry, align), name_at in zip(sections, offsets, strict=True):
        address = offset if flags & 2 else 0
        values = (name_at, kind, flags, address, offset, size, link, info, align, entry)
        headers += struct.pack(order + "II" + word * 4 + "II" + word * 2, *values)

    def segment(kind: int, flags: int, offset: int, size: int, align: int) -> bytes:
        if bits == 64:
            return struct.pack(order + "IIQQQQQQ", kind, flags, offset, offset, offset, size, size, align)
        return struct.pack(order + "8I", kind, offset, offset, offset, size, size, flags, align)

    table = segment(1, 7, 0, loaded, 4096) + segment(2, 6, dynamic_at, len(packed), 8)
    table += segment(4, 4, notes_at, len(notes_data), 4)
    if interpreter is not None:
        table += segment(3, 4, interpreter_at, len(interpreter_data), 1)
    ident = bytes([0x7F, 0x45, 0x4C, 0x46, bits // 32, 1 if little else 2, 1]).ljust(16, b"\0")
    flags = 0x5000400 if machine == 40 else 0
    counts = (header_size, segment_size, segments, section_size, len(sections) + 1, len(sections))
    header = struct.pack(order + "HHI" + word * 3 + "I6H", 3, machine, 1, 64, header_size, table_at, flags, *counts)
    return ident + header + table + bytes(body) + headers


def executable(
    parts: Sequence[tuple[int, bytes]], *, machine: int = 40, symbols: Sequence[str] = (), attributes: bytes = b""
) -> bytes:
    """A 32-bit bare-metal program: one load segment and section per (address, bytes), and a symbol table."""
    base = 52 + 32 * len(parts)
    body = bytearray()
    sections: list[tuple[str, int, int, int, bytes, int, int, int]] = []
    for number, (address, data) in enumerate(parts):
        sections.append((f".part{number}", 1, 2, address, data, 0, 0, 0))
    names, strings = _Strings(), _Strings()
    table = bytes(16) + b"".join(struct.pack("<IIIBBH", strings.add(name), 0, 0, 0x12, 0, 1) for name in symbols)
    sections.append((".symtab", 2, 0, 0, table, len(parts) + 2, 1, 16))
    sections.append((".strtab", 3, 0, 0, strings.data, 0, 0, 0))
    if attributes:
        sections.append((".ARM.attributes", 0x70000003, 0, 0, attributes, 0, 0, 0))
    named = [names.add(section[0]) for section in sections]
    named.append(names.add(".shstrtab"))
    sections.append((".shstrtab", 3, 0, 0, names.data, 0, 0, 0))
    rows, segments = bytes(40), b""
    for (_, kind, flags, address, data, link, info, entry), name_at in zip(sections, named, strict=True):
        body.extend(bytes(-(base + len(body)) % 4))
        offset = base + len(body)
        body.extend(data)
        rows += struct.pack("<10I", name_at, kind, flags, address, offset, len(data), link, info, 1, entry)
        if flags & 2:
            segments += struct.pack("<8I", 1, offset, address, address, len(data), len(data), 5, 1)
    body.extend(bytes(-(base + len(body)) % 4))
    ident = b"\x7fELF\x01\x01\x01".ljust(16, b"\0")
    header = struct.pack(
        "<HHIIIII6H",
        2,
        machine,
        1,
        parts[0][0],
        52,
        base + len(body),
        0x5000200,
        52,
        32,
        len(parts),
        40,
        len(sections) + 1,
        len(sections),
    )
    return ident + header + segments + bytes(body) + rows


def relocatable(modinfo: Sequence[str], machine: int = 183) -> bytes:
    """A 64-bit object with `.modinfo`, as kernel modules are."""
    names = _Strings()
    offsets = [names.add(name) for name in (".modinfo", ".shstrtab")]
    info = b"".join(text.encode() + b"\0" for text in modinfo)
    first = 64
    second = first + len(info)
    table_at = (second + len(names.data) + 7) // 8 * 8
    rows = bytes(64)
    for name_at, kind, flags, offset, size in (
        (offsets[0], 1, 2, first, len(info)),
        (offsets[1], 3, 0, second, len(names.data)),
    ):
        rows += struct.pack("<IIQQQQIIQQ", name_at, kind, flags, 0, offset, size, 0, 0, 1, 0)
    header = struct.pack("<HHIQQQIHHHHHH", 1, machine, 1, 0, 0, table_at, 0, 64, 0, 0, 64, 3, 2)
    content = b"\x7fELF\x02\x01\x01".ljust(16, b"\0") + header + info + names.data
    return content.ljust(table_at, b"\0") + rows
