"""Writers by specification and small tools that the tests of boot, flash and ECU formats share."""

from __future__ import annotations

import random
import struct
import subprocess
from binascii import crc32, crc_hqx
from pathlib import Path
from types import ModuleType

from auditor.limits import Limits
from auditor.unpack.view import Budget, Container, Damaged, View


def budget(**limits: int) -> Budget:
    return Budget(Limits(**limits))


def read(module: ModuleType, data: bytes) -> tuple[Container, dict[str, bytes | None]]:
    """Open `data` and read every entry whole."""
    container = module.open(View(data), budget())
    assert container is not None
    found = {}
    for entry in container.entries:
        content = entry.data() if callable(entry.data) else entry.data
        found[entry.name.decode()] = None if content is None else bytes(content.data)
    return container, found


def codes(container: Container) -> set[str]:
    return {problem.code for problem in container.problems}


def facts(container: Container) -> set[tuple[str, str, str]]:
    return {(vote.subject, vote.claim, vote.value) for vote in container.evidence}


def run(*command: object, **keywords: object) -> None:
    subprocess.run([str(part) for part in command], check=True, capture_output=True, **keywords)  # type: ignore[call-overload]


def survives(module: ModuleType, data: bytes) -> None:
    """Read everything; only the documented exceptions may come out."""
    try:
        container = module.open(View(data), budget(member_size=1 << 24, total_size=1 << 26))
        if container is None:
            return
        assert container.extent > 0
        for count, entry in enumerate(container.entries):
            if count > 5000:
                break
            try:
                content = entry.data() if callable(entry.data) else entry.data
            except Damaged:
                continue
            assert content is None or content.size <= 1 << 24
    except Damaged as damage:
        assert damage.message


def mutants(seed: bytes, count: int, name: str) -> list[bytes]:
    """Return `count` damaged copies, the same ones for the same name."""
    made = []
    for index in range(count):
        chance = random.Random(f"{name}:{index}")
        data = bytearray(seed)
        reach = min(len(data), chance.choice((64, 4096, len(data))))
        kind = chance.choice(("flip", "word", "cut", "repeat", "zero", "ones", "swap"))
        place = chance.randrange(reach)
        if kind == "flip":
            for _ in range(chance.choice((1, 4, 32))):
                data[chance.randrange(reach)] ^= 1 << chance.randrange(8)
        elif kind == "word":
            place &= ~3
            value = chance.choice((0, 1, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, len(seed), len(seed) - 1, 0xFFFFFFF0))
            data[place : place + 4] = struct.pack(chance.choice("<>") + "I", value)
        elif kind == "cut":
            del data[place:]
        elif kind == "repeat":
            data[place:place] = data[place : place + chance.choice((1, 8, 512))]
        elif kind == "swap":
            data[place : place + 16] = data[place : place + 16][::-1]
        else:
            size = min(chance.choice((1, 4, 64, 512)), len(data) - place)
            data[place : place + size] = (b"\0" if kind == "zero" else b"\xff") * size
        made.append(bytes(data))
    return made


def device_tree(structure: bytes, names: bytes) -> bytes:
    """Put header, an empty reservation list, structure and names together (version 17)."""
    head = 56 + len(structure) + len(names)
    header = struct.pack(">10I", 0xD00DFEED, head, 56, 56 + len(structure), 40, 17, 16, 0, len(names), len(structure))
    return header + bytes(16) + structure + names


def fit_around(payload: bytes) -> bytes:
    """Return a FIT image with one image `a` that holds `payload`."""
    padded = payload + bytes(-len(payload) % 4)
    structure = (
        struct.pack(">I4s", 1, b"")
        + struct.pack(">I8s", 1, b"images")
        + struct.pack(">I4s", 1, b"a")
        + struct.pack(">III", 3, len(payload), 0)
        + padded
        + struct.pack(">4I", 2, 2, 2, 9)
    )
    return device_tree(structure, b"data\0")


def hex_record(address: int, kind: int, data: bytes) -> bytes:
    body = struct.pack(">BHB", len(data), address, kind) + data
    return b":" + (body + bytes([-sum(body) & 0xFF])).hex().upper().encode() + b"\n"


def s_record(kind: int, address: int, data: bytes) -> bytes:
    width = {0: 2, 1: 2, 2: 3, 3: 4, 5: 2, 7: 4, 8: 3, 9: 2}[kind]
    body = bytes([width + len(data) + 1]) + address.to_bytes(width, "big") + data
    return b"S%d" % kind + (body + bytes([~sum(body) & 0xFF])).hex().upper().encode() + b"\n"


def uf2(address: int, data: bytes) -> bytes:
    pieces = [data[place : place + 256] for place in range(0, len(data), 256)]
    return b"".join(
        struct.pack("<8I", 0x0A324655, 0x9E5D5157, 0, address + 256 * number, len(piece), number, len(pieces), 0)
        + piece.ljust(476, b"\0")
        + struct.pack("<I", 0x0AB16F30)
        for number, piece in enumerate(pieces)
    )


def esp_image(segments: list[tuple[int, bytes]]) -> bytes:
    import hashlib

    out = bytearray(
        struct.pack("<BBBBIB3sHBHH4sB", 0xE9, len(segments), 2, 0x1F, 0x40380000, 0xEE, b"", 5, 0, 0, 99, b"", 1)
    )
    checksum = 0xEF
    for address, data in segments:
        out += struct.pack("<II", address, len(data)) + data
        for byte in data:
            checksum ^= byte
    out += bytes(15 - len(out) % 16) + bytes([checksum])
    return bytes(out) + hashlib.sha256(out).digest()


def app_description(version: str, project: str, framework: str) -> bytes:
    return struct.pack(
        "<II8x32s32s16s16s32s32s80x", 0xABCD5432, 0, version.encode(), project.encode(), b"10:00:00", b"Jan  1 2026",
        framework.encode(), bytes(32),
    )  # fmt: skip


def vbf(blocks: list[tuple[int, bytes, bytes]], fields: str = "", method: int = 0) -> bytes:
    """`blocks` are (address, stored bytes, plain bytes)."""
    body = b"".join(
        struct.pack(">II", address, len(stored)) + stored + crc_hqx(plain, 0xFFFF).to_bytes(2, "big")
        for address, stored, plain in blocks
    )
    header = (
        f'vbf_version = 2.6;\r\nheader {{\r\n  // a {{comment}}\r\n  sw_part_number = "EX01-14C204-AB";\r\n'
        f"  sw_part_type = EXE;\r\n  {fields}\r\n  data_format_identifier = {method:#04x};\r\n  erase = {{ {{ 0x1000, 0x20 }} }};\r\n"
        f"  file_checksum = {crc32(body):#010x};\r\n}}"
    )
    return header.encode() + body


def dtbo(trees: list[bytes]) -> bytes:
    start = 32 + 32 * len(trees)
    rows, body = b"", b""
    for number, tree in enumerate(trees):
        rows += struct.pack(">4I16x", len(tree), start + len(body), number, 0)
        body += tree
    return struct.pack(">8I", 0xD7B7AB1E, start + len(body), 32, 32, len(trees), 32, 4096, 0) + rows + body


def super_image(partitions: dict[str, list[tuple[int, int, bytes]]]) -> bytes:
    """`partitions` maps names to extents (type, first sector, bytes)."""
    import hashlib

    rows, extents, image = b"", b"", bytearray(1 << 20)
    count = 0
    for name, pieces in partitions.items():
        rows += struct.pack("<36sIIII", name.encode(), 1, count, len(pieces), 0)
        for kind, sector, data in pieces:
            extents += struct.pack("<QIQI", len(data) // 512, kind, sector, 0)
            if kind == 0:
                image[sector * 512 : sector * 512 + len(data)] = data
            count += 1
    tables = rows + extents
    geometry = struct.pack("<II32sIII", 0x616C4467, 52, bytes(32), 65536, 2, 4096)
    geometry = geometry[:8] + hashlib.sha256(geometry).digest() + geometry[40:]
    header = struct.pack(
        "<IHHI32sI32s12I", 0x414C5030, 10, 0, 128, bytes(32), len(tables), hashlib.sha256(tables).digest(),
        0, len(partitions), 52, len(rows), count, 24, 0, 0, 48, 0, 0, 64,
    )  # fmt: skip
    image[4096 : 4096 + len(geometry)] = image[8192 : 8192 + len(geometry)] = geometry
    image[12288 : 12288 + 128 + len(tables)] = header.ljust(128, b"\0") + tables
    return bytes(image)


def qnx_ifs(files: dict[str, bytes], compression: int = 0) -> bytes:
    """A startup header for AARCH64 and an image with files, one directory and one link."""
    names = dict(files)
    size = lambda name, fixed: (fixed + len(name) + 1 + 3) & ~3  # noqa: E731
    directory = struct.pack("<HHIIIII", size("etc", 24), 0, 2, 0o040755, 0, 0, 0) + b"etc\0"
    link = b"bin/sh\0" + b"ksh\0"
    entry = struct.pack("<HHIIIIIHH", (28 + len(link) + 3) & ~3, 0, 3, 0o120777, 0, 0, 0, 7, 4) + link
    directory += entry.ljust((28 + len(link) + 3) & ~3, b"\0")
    total = len(directory) + sum(size(name, 32) for name in names) + 2
    place = (88 + total + 3) & ~3
    body = b""
    for number, (name, data) in enumerate(names.items()):
        fixed = struct.pack(
            "<HHIIIIIII", size(name, 32), 0, 10 + number, 0o100644, 0, 0, 0, place + len(body), len(data)
        )
        directory += (fixed + name.encode()).ljust(size(name, 32), b"\0")
        body += data
    directory += bytes(2)
    image_size = place + len(body) + 4
    head = struct.pack("<7sBIII", b"imagefs", 0, image_size, 88 + len(directory), 88).ljust(88, b"\0")
    image = (head + directory).ljust(place, b"\0") + body + bytes(4)
    startup = struct.pack(
        "<IHBBHHIIIIIIIIIH", 0x00FF7EEB, 1, compression << 2, 0, 256, 183, 0, 0, 0, 0, 0, 512, 512 + len(image), 0, len(image), 0
    )  # fmt: skip
    return startup.ljust(512, b"\0") + image


def odx(data: str, selection: str, method: str = "") -> bytes:
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<ODX MODEL-VERSION="2.2.0"><FLASH ID="F"><SHORT-NAME>Flash</SHORT-NAME><ECU-MEMS><ECU-MEM ID="E"><SHORT-NAME>E</SHORT-NAME>
<MEM><SESSIONS><SESSION ID="S"><SHORT-NAME>S</SHORT-NAME><EXPECTED-IDENTS><EXPECTED-IDENT ID="I"><SHORT-NAME>HW</SHORT-NAME>
<IDENT-VALUES><IDENT-VALUE TYPE="A_ASCIISTRING">EX0907115</IDENT-VALUE></IDENT-VALUES></EXPECTED-IDENT></EXPECTED-IDENTS>
</SESSION></SESSIONS><FLASHDATAS><FLASHDATA ID="D" xsi:type="INTERN-FLASHDATA" xmlns:xsi="x"><SHORT-NAME>FD_1</SHORT-NAME>
<DATAFORMAT SELECTION="{selection}"/>{method}<DATA>{data}</DATA></FLASHDATA></FLASHDATAS></MEM></ECU-MEM></ECU-MEMS></FLASH></ODX>
""".encode()


def tree_bytes(root: Path) -> dict[str, bytes]:
    """The regular files below a folder."""
    return {
        str(path.relative_to(root)): path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.is_file() and not path.is_symlink()
    }
