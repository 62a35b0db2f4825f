"""Do the hashes in an ELF file belong to the names beside them?"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from auditor.identify.elf_file import Elf, Section

Issue = tuple[str, int | None]
"""(what does not agree, file offset)"""
SHT_HASH, SHT_GNU_HASH = 5, 0x6FFFFFF6
_SAMPLES = 8
"""Symbol names per table that are compared with their hash."""


@lru_cache(maxsize=4096)
def system_v_hash(name: bytes) -> int:
    """Hash a name as `.hash` and the version tables do (gABI, chapter 5)."""
    value = 0
    for byte in name:
        value = (value << 4) + byte
        high = value & 0xF0000000
        value = (value ^ high >> 24) & ~high & 0xFFFFFFFF
    return value


def gnu_hash(name: bytes) -> int:
    """Hash a name as `.gnu.hash` does: h * 33 + byte, starting with 5381."""
    value = 5381
    for byte in name:
        value = value * 33 + byte & 0xFFFFFFFF
    return value


def versions(elf: Elf) -> Iterator[Issue]:
    """A version's hash belongs to its name; the library that offers it is needed."""
    needed = set(elf.needed)
    for need in elf.versions_needed:
        if need.library not in needed:
            yield f"a version of {need.library!r}, which is not needed", None
    hashed = {(need.version, need.hash) for need in elf.versions_needed} | set(elf.versions_defined)
    for version, digest in sorted(hashed):
        if system_v_hash(version.encode("latin-1", "replace")) != digest:
            yield f"the hash of version {version!r} is another one", None


def symbols(elf: Elf) -> Iterator[Issue]:
    """Compare a few symbol names with the hash tables that find them."""
    order = "little" if elf.little else "big"
    for section in (*elf.tables(SHT_HASH), *elf.tables(SHT_GNU_HASH)):
        if section.size < 16:
            continue
        table = elf.content(section, 1 << 22)
        named = elf.sections[section.link]
        entry = 24 if elf.bits == 64 else 16
        total = named.size // entry

        def word(index: int, table: bytes = table) -> int:
            return int.from_bytes(table[index * 4 : index * 4 + 4], order)  # type: ignore[arg-type]

        if section.type == SHT_HASH:
            if section.entry_size == 4 and word(1) != total and (elf.soname or elf.needed):
                yield "the hash table counts other symbols", section.offset
            continue
        buckets, first, bloom = word(0), word(1), word(2)
        chains = 4 + bloom * (elf.bits // 32) + buckets
        if not any(table[(chains - buckets) * 4 : chains * 4]):  # no symbol is exported
            continue
        if not first or first > total or (chains + total - first) * 4 > len(table):
            yield "the hash table does not cover the symbols", section.offset
            continue
        step = max(1, (total - first) // _SAMPLES)
        for index in range(first, total, step):
            name = _symbol_name(elf, named, index, entry)
            if name is None or (gnu_hash(name) ^ word(chains + index - first)) & ~1:
                yield f"the hash of symbol {index} is another one", section.offset
                break


def _symbol_name(elf: Elf, symbols: Section, index: int, entry: int) -> bytes | None:
    start = symbols.offset + index * entry
    if start + 4 > elf.view.size or symbols.link >= len(elf.sections):
        return None
    strings = elf.sections[symbols.link]
    name = strings.offset + int.from_bytes(elf.view.data[start : start + 4], "little" if elf.little else "big")
    raw = bytes(elf.view.data[name : name + 4096])
    end = raw.find(b"\0")
    return raw[:end] if end >= 0 else None
