"""Linux kernel images: raw, self-extracting, EFI and ELF; what is packed inside becomes an entry.

Headers as in the kernel's documentation: `arch/arm64/booting.rst`, `arch/riscv/boot-image-header.rst`,
`arch/x86/boot.rst`; the ARM zImage header of `arch/arm/boot/compressed/head.S`, the EFI one of
`drivers/firmware/efi/libstub/zboot-header.S`.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Iterator

from auditor.model import Evidence
from auditor.unpack.kernel_payload import builtin, compressed
from auditor.unpack.view import Budget, Container, Damaged, Entry, Truncated, View

NAME = "linux_image"
TITLE = "Linux kernel: arm64 and RISC-V Image, ARM zImage, x86 bzImage, EFI zboot, vmlinux; initramfs inside"
MAGICS = (
    (56, b"ARM\x64"),
    (56, b"RSC\x05"),
    (0x24, b"\x18\x28\x6f\x01"),
    (0x202, b"HdrS"),
    (4, b"zimg"),
    (0, b"\x7fELF"),
)
ANYWHERE = True
KIND = "boot"
MADE_BY = "Debian's kernels (arm64 Image, ARM zImage, x86 bzImage, vmlinux; RISC-V and EFI zboot by specification)"
ALIGNMENT = 4

RAW_HEADER = struct.Struct("<QQQ")
"""text offset, size in memory, flags; 8 bytes into arm64 and RISC-V images."""
ZIMAGE_HEADER = struct.Struct("<III")
ZBOOT_HEADER = struct.Struct("<4s4sII8x32s")
STREAMS = {
    "gzip": "gzip",
    "bzip2": "bzip2",
    "lzma": "lzma-alone",
    "xz": "xz",
    "xzkern": "xz",
    "lzo": "lzo",
    "lz4": "lz4",
    "zstd": "zstd",
    "zstd22": "zstd",
}
"""Compression as the EFI header names it -> name of the stream format."""
RELEASE = re.compile(rb"[0-9]+\.[0-9]+[\w.+~-]{0,60}")
SECTOR = 512
MIN_ZIMAGE, MAX_ZIMAGE = 256, 64 << 20
MAX_SECTIONS = 96


def open(view: View, budget: Budget) -> Container | None:
    """Recognize one of the kinds of kernel image and list what it carries."""
    readers: tuple[Callable[[View], Container | None], ...] = (_zboot, _raw, _zimage, _bzimage, _vmlinux)
    for reader in readers:
        found = reader(view)
        if found is not None:
            return found
    return None


def _raw(view: View) -> Container | None:
    """Read an uncompressed arm64 or RISC-V Image."""
    if view.size < 64 or bytes(view.data[56:60]) not in (b"ARM\x64", b"RSC\x05"):
        return None
    _offset, size, flags = view.unpack(RAW_HEADER, 8)
    if size > 1 << 32 or flags >> 32 or any(view.data[40:48]):
        return None
    # the size in memory counts the zeroed part behind the file
    extent = min(size, view.size) if size else view.size
    container = Container(extent=extent, entries=builtin(view.slice(0, extent)))
    stored = _stored(view)
    if stored > view.size:
        container.problems.append(Truncated(f"kernel image of {stored} bytes, only {view.size} are there", view.size))
    return container


def _stored(view: View) -> int:
    """Return where the last section of the EFI header ends in the file; 0 without such a header."""
    word, sections, row = struct.Struct("<I"), struct.Struct("<2xH12xH2x"), struct.Struct("<16xII16x")
    if bytes(view.data[:2]) != b"MZ":
        return 0
    place = view.unpack(word, 0x3C)[0]
    if view.size < place + 24 or view.copy(place, 4) != b"PE\0\0":
        return 0
    count, optional = view.unpack(sections, place + 4)
    table = place + 24 + optional
    if count > MAX_SECTIONS or table + count * row.size > view.size:
        return 0
    return max((sum(view.unpack(row, table + index * row.size)) for index in range(count)), default=0)


def _zimage(view: View) -> Container | None:
    """Read an ARM zImage: a decompressor with the compressed kernel behind it."""
    if view.size < 0x30 or bytes(view.data[0x24:0x28]) != b"\x18\x28\x6f\x01":
        return None
    _, start, end = view.unpack(ZIMAGE_HEADER, 0x24)
    size = end - start
    if start % 4 or not MIN_ZIMAGE <= size <= MAX_ZIMAGE:
        return None  # four bytes that noise holds, too
    extent = min(size, view.size)
    body = view.slice(0, extent)
    container = Container(extent=extent, entries=_packed(body, 0x30))
    if extent < size:
        container.problems.append(Truncated(f"zImage of {size} bytes, only {view.size} are there", 0x2C))
    return container


def _packed(body: View, start: int) -> Iterator[Entry]:
    """Yield the compressed kernel found behind `start`."""
    found = compressed(body, start)
    if found is None:
        raise Damaged("no compressed kernel found behind the decompressor", start)
    place, name = found
    # streams other than gzip are followed by the size of the kernel, which is not part of them
    size = body.size - place - (0 if name == "gzip" else 4)
    yield Entry(name=b"kernel", size=size, data=body.slice(place, size), offset=place, format=name)


def _zboot(view: View) -> Container | None:
    """Read an EFI image that carries a compressed kernel (generic EFI zboot)."""
    if view.size < 64 or bytes(view.data[:2]) != b"MZ" or bytes(view.data[4:8]) != b"zimg":
        return None
    _, _, start, size, raw_name = view.unpack(ZBOOT_HEADER, 0)
    compression = STREAMS.get(raw_name.split(b"\0")[0].decode("ascii", "replace"))
    payload = view.slice(start, size)
    entry = Entry(name=b"kernel", size=size, data=payload, offset=start, format=compression)
    return Container(extent=view.size, entries=(entry,))


def _bzimage(view: View) -> Container | None:
    """Read an x86 bzImage: setup sectors, then the protected-mode part with the payload."""
    if view.size < 0x264 or bytes(view.data[0x202:0x206]) != b"HdrS" or bytes(view.data[0x1FE:0x200]) != b"\x55\xaa":
        return None
    setup = (view.data[0x1F1] or 4) + 1
    (paragraphs,) = view.unpack(struct.Struct("<I"), 0x1F4)
    version, _, _, name_offset = view.unpack(struct.Struct("<HIHH"), 0x206)
    base = setup * SECTOR
    size = base + paragraphs * 16
    extent = min(size, view.size)
    container = Container(extent=extent)
    if size > view.size:
        container.problems.append(Truncated(f"bzImage of {size} bytes, only {view.size} are there", 0x1F4))
    if version >= 0x208:
        offset, length = view.unpack(struct.Struct("<II"), 0x248)
        container.entries = _packed(view.slice(0, min(extent, base + offset + length)), base + offset)
    else:
        container.entries = _packed(view.slice(0, extent), base)
    if name_offset:
        container.evidence = _release(view, name_offset + SECTOR)
    return container


def _release(view: View, offset: int) -> tuple[Evidence, ...]:
    """Return the kernel release that the setup header points to (`6.1.0-50-amd64`)."""
    found = RELEASE.match(bytes(view.data[offset : offset + 64]))
    if found is None:
        return ()
    value = found[0].decode("ascii", "replace")
    return (
        Evidence(
            subject="linux",
            claim="release",
            value=value,
            detector=NAME,
            method="header",
            grade="supporting",
            offset=offset,
        ),
    )


def _vmlinux(view: View) -> Container | None:
    """Read an ELF kernel; other ELF files are not containers."""
    layout = _elf_layout(view)
    if layout is None:
        return None
    kind, order, wide = layout
    if kind not in (2, 3):
        return None
    section = struct.Struct(order + ("IIQQQQIIQQ" if wide else "10I"))
    table = view.unpack(struct.Struct(order + ("Q" if wide else "I")), 0x28 if wide else 0x20)[0]
    entry_size, count, names_index = view.unpack(struct.Struct(order + "HHH"), 0x3A if wide else 0x2E)
    if entry_size != section.size or not 0 < names_index < count or table + count * entry_size > view.size:
        return None
    extent = table + count * entry_size
    names = view.unpack(section, table + names_index * entry_size)
    start, size = names[4], names[5]
    if start + size > view.size or size > 1 << 20 or b"\0__ksymtab\0" not in bytes(view.data[start : start + size]):
        return None
    for index in range(count):
        fields = view.unpack(section, table + index * entry_size)
        if fields[1] != 8 and fields[4] + fields[5] <= view.size:  # 8: a section without bytes in the file
            extent = max(extent, fields[4] + fields[5])
    return Container(extent=extent, entries=builtin(view.slice(0, extent)))


def _elf_layout(view: View) -> tuple[int, str, bool] | None:
    """Return (type, byte order, 64 bit) of an ELF header; None when it is none."""
    if view.size < 0x40 or bytes(view.data[:4]) != b"\x7fELF":
        return None
    wide, order = view.data[4] == 2, ">" if view.data[5] == 2 else "<"
    return view.unpack(struct.Struct(order + "H"), 0x10)[0], order, wide
