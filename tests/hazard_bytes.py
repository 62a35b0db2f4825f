"""Hostile inputs made in code: each function returns file name -> bytes."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import random
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Iterable, Mapping
from typing import Any

import zstandard

MIB = 1 << 20
CANARY = "HAZARD-CANARY"
"""Name of every file that an escaping member would make."""
CYCLONEDX = "http://cyclonedx.org/schema/bom/1.6"
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
SPDX_TERMS = "http://spdx.org/rdf/terms#"


def bill(components: Iterable[Mapping[str, Any]] = (), **more: Any) -> bytes:
    """Return a CycloneDX bill of materials."""
    parts = [{"type": "library", "name": "part", **one} for one in components]
    return json.dumps(
        {"bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1, "components": parts, **more}
    ).encode()


def tar(members: Iterable[tuple[str, bytes, str, bytes]]) -> bytes:
    """Return a tar of (name, type, link target, content)."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.GNU_FORMAT) as archive:
        for name, kind, target, content in members:
            info = tarfile.TarInfo(name)
            info.type, info.linkname, info.size = kind, target, len(content)
            archive.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


def cpio(members: Iterable[tuple[str, int, bytes]], size: int | None = None) -> bytes:
    """Return a newc archive of (name, mode, content); `size` replaces the true sizes."""
    out = b""
    for number, (name, mode, content) in enumerate([*members, ("TRAILER!!!", 0, b"")]):
        text = name.encode() + b"\0"
        said = len(content) if size is None else size
        fields = (number, mode, 0, 0, 1, 0, said, 0, 0, 0, 0, len(text) if size is None else size, 0)
        head = b"070701" + b"".join(b"%08X" % field for field in fields) + text
        out += head + bytes(-len(head) % 4) + content + bytes(-len(content) % 4)
    return out


def flat_tree(names: Iterable[bytes], close: bool = True) -> bytes:
    """Return a device tree of one chain of nodes."""
    names = list(names)
    body = b""
    for name in names:
        body += struct.pack(">I", 1) + name + b"\0" * (4 - len(name) % 4)
    body += struct.pack(">I", 2) * (len(names) if close else 0) + struct.pack(">I", 9)
    end = 56 + len(body)
    return struct.pack(">10I", 0xD00DFEED, end + 4, 56, end, 40, 17, 16, 0, 4, len(body)) + bytes(16) + body + b"abc\0"


def flash_image(content: bytes) -> bytes:
    """Return a flattened image tree with one image that is stored plain."""
    strings = b"data\0type\0compression\0description\0"

    def prop(name: bytes, value: bytes) -> bytes:
        return struct.pack(">III", 3, len(value), strings.index(name)) + value + bytes(-len(value) % 4)

    def node(name: bytes, inner: bytes) -> bytes:
        return struct.pack(">I", 1) + name + b"\0" * (4 - len(name) % 4) + inner + struct.pack(">I", 2)

    image = prop(b"type", b"firmware\0") + prop(b"compression", b"none\0") + prop(b"data", content)
    body = node(
        b"", prop(b"description", b"nested\0") + node(b"images", node(b"fw", image)) + node(b"configurations", b"")
    )
    body += struct.pack(">I", 9)
    end = 56 + len(body)
    head = struct.pack(">10I", 0xD00DFEED, end + len(strings), 56, end, 40, 17, 16, 0, len(strings), len(body))
    return head + bytes(16) + body + strings


def bombs() -> dict[str, bytes]:
    """Streams and archives that unpack to a thousand times their size."""
    deflate = zlib.compressobj(9, zlib.DEFLATED, 31)
    zeros = bytes(MIB)
    packed = b"".join(deflate.compress(zeros) for _ in range(64)) + deflate.flush()
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("zeros", bytes(64 * MIB))
    return {
        "bomb.gz": packed,
        "bomb-lying-size.gz": packed[:-4] + struct.pack("<I", 10),
        "bomb.xz": lzma.compress(bytes(64 * MIB), preset=0),
        "bomb.bz2": bz2.compress(bytes(64 * MIB)),
        "bomb.zip": archive.getvalue(),
        "bomb.zst": zstandard.ZstdCompressor().compress(bytes(64 * MIB)),
    }


def lies() -> dict[str, bytes]:
    """Headers that declare terabytes."""
    ext = bytearray(4096)
    struct.pack_into("<II", ext, 1024, 0xFFFFFFFF, 0xFFFFFFFF)
    struct.pack_into("<II", ext, 1024 + 24, 31, 31)
    struct.pack_into("<H", ext, 1024 + 56, 0xEF53)
    struct.pack_into("<I", ext, 1024 + 76, 1)
    squash = struct.pack(
        "<IIIIIHHHHHHQQQQQQQQ",
        *(0x73717368, 0xFFFFFFFF, 0, MIB, 0xFFFFFFFF, 1, 20, 0, 0xFFFF, 4, 0, 0),
        *(1 << 62, 96, (1 << 64) - 1, 96, 96, 1 << 62, (1 << 64) - 1),
    )
    sparse = struct.pack("<IHHHHIIII", 0xED26FF3A, 1, 0, 28, 12, 4096, 0xFFFFFFFF, 1, 0)
    return {
        "dictionary.lzma": b"\x5d" + b"\xff" * 4 + b"\xff" * 8 + bytes(100),
        "window.zst": b"\x28\xb5\x2f\xfd\x00\xa8" + b"\1\0\0" + bytes(60),
        "size.cpio": cpio([("x", 0o100644, b"x")], size=0xFFFFFFFF),
        "lies.squashfs": squash + bytes(64),
        "sparse.simg": sparse + struct.pack("<HHII", 0xCAC2, 0, 0xFFFFFFFF, 16) + bytes(32),
        "groups.ext4": bytes(ext),
        "huge.dtb": struct.pack(">10I", 0xD00DFEED, 0xFFFFFFFF, 56, 0xFFFFFFF0, 40, 17, 16, 0, 1 << 31, 1 << 31)
        + bytes(64),
    }


def nested() -> dict[str, bytes]:
    """Archives in archives, deeper than anything real."""
    stream = b"end"
    for _ in range(40):
        stream = gzip.compress(stream, mtime=0)
    image = b"end"
    for _ in range(30):
        image = flash_image(image)
    tree = bytes(24 * MIB)
    for level in range(6):
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
            for number in range(4):
                file.writestr(f"{level}-{number}", tree)
        tree = archive.getvalue()
    inner = b"end"
    for level in range(40):
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
            file.writestr(f"{level}.zip" if level else "end", inner)
            file.writestr("note", b"level %d" % level)
        inner = archive.getvalue()
    return {"nested.gz": stream, "nested.itb": image, "nested.zip": inner, "tree.zip": tree}


def containing_itself() -> bytes:
    """Return a flattened image tree whose one image is the whole file, over and over."""
    strings = b"data-position\0data-size\0"

    def cell(name: bytes, value: int) -> bytes:
        return struct.pack(">4I", 3, 4, strings.index(name), value)

    def tree(size: int) -> bytes:
        body = struct.pack(">I4sI8sI4s", 1, b"", 1, b"images\0", 1, b"fw\0")
        body += cell(b"data-position\0", 0) + cell(b"data-size\0", size) + struct.pack(">4I", 2, 2, 2, 9)
        end = 56 + len(body)
        head = struct.pack(">10I", 0xD00DFEED, end + len(strings), 56, end, 40, 17, 16, 0, len(strings), len(body))
        return head + bytes(16) + body + strings

    return tree(len(tree(0)))


def overlays(count: int) -> bytes:
    """Return a device tree of `count` fragments, each with a phandle that the next one points to, in a ring."""
    strings = b"target\0phandle\0"
    body = struct.pack(">I4s", 1, b"")
    for number in range(count):
        body += struct.pack(">I16s", 1, b"fragment@%05d" % number)
        body += struct.pack(">4I", 3, 4, 0, (number + 1) % count + 1) + struct.pack(">4I", 3, 4, 7, number + 1)
        body += struct.pack(">I12sI", 1, b"__overlay__", 2) + struct.pack(">I", 2)
    body += struct.pack(">2I", 2, 9)
    end = 56 + len(body)
    head = struct.pack(">10I", 0xD00DFEED, end + len(strings), 56, end, 40, 17, 16, 0, len(strings), len(body))
    return head + bytes(16) + body + strings


def symbol_that_is_no_text(program: bytes) -> bytes:
    """Return a program whose first imported names hold bytes that are no UTF-8."""
    return program.replace(b"libc.so.6", b"\xffibc.so.6").replace(b"__libc_start_main", b"\xff_libc_start_main")


def overlapping() -> bytes:
    """Return a zip whose 2,000 entries share one body."""
    body = zlib.compress(bytes(MIB), 9)[2:-4]
    crc = zlib.crc32(bytes(MIB))
    local = struct.pack("<4sHHHHHIIIHH", b"PK\3\4", 20, 0, 8, 0, 0, crc, len(body), MIB, 1, 0) + b"a" + body
    directory = b"".join(
        struct.pack("<4sHHHHHHIIIHHHHHII", b"PK\1\2", 20, 20, 0, 8, 0, 0, crc, len(body), MIB, 5, 0, 0, 0, 0, 0, 0)
        + b"%05d" % number
        for number in range(2000)
    )
    return local + directory + struct.pack("<4sHHHHIIH", b"PK\5\6", 0, 0, 2000, 2000, len(directory), len(local), 0)


def escapes(outside: str) -> dict[str, bytes]:
    """Archives whose members want to be written to the folder `outside`; each has a good member `ok`."""
    regular, link, hard, folder = tarfile.REGTYPE, tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.DIRTYPE
    up = "../" * 12
    good = ("ok", regular, "", b"good member")
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        for name in (f"{up}{outside}/{CANARY}", f"..\\..\\{CANARY}", f"{outside}/{CANARY}", f"C:\\{CANARY}", "ok"):
            file.writestr(name, b"good member")
    return {
        "dotdot.tar": tar([(f"{up}{outside}/{CANARY}", regular, "", b"x"), good]),
        "absolute.tar": tar([(f"{outside}/{CANARY}", regular, "", b"x"), good]),
        "link-then-write.tar": tar([("d", link, outside, b""), (f"d/{CANARY}", regular, "", b"x"), good]),
        "link-chain.tar": tar(
            [
                ("a", folder, "", b""),
                ("a/b", link, "..", b""),
                ("a/b/c", link, "..", b""),
                (f"a/b/c/{CANARY}", regular, "", b"x"),
                good,
            ]
        ),
        "hard-link.tar": tar([("h", hard, f"{up}etc/hostname", b""), ("h", regular, "", b"x"), good]),
        "link-loop.tar": tar([("one", link, "two", b""), ("two", link, "one", b""), good]),
        "dotdot.cpio": cpio(
            [
                (f"{up}{outside}/{CANARY}", 33188, b"x"),
                ("l", 41471, outside.encode()),
                (f"l/{CANARY}", 33188, b"x"),
                ("ok", 33188, b"good member"),
            ]
        ),
        "slip.zip": archive.getvalue(),
    }


def devices() -> bytes:
    """Return a tar of nodes that must never be made."""
    kinds = (("null", tarfile.CHRTYPE), ("disk", tarfile.BLKTYPE), ("fifo", tarfile.FIFOTYPE))
    return tar((name, kind, "", b"") for name, kind in kinds)


def document_types() -> dict[str, bytes]:
    """XML with document types: entities that grow, entities that name files and hosts, in several encodings."""
    grow = '<!ENTITY a0 "lol">' + "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 12))
    file = '<!ENTITY x SYSTEM "file:///etc/hostname">'
    body = f'<bom xmlns="{CYCLONEDX}" version="1"><components><component type="library"><name>%s</name>'
    body += "</component></components></bom>"
    outer = f'<?xml version="1.0"?><!DOCTYPE bom [{file}]>' + body % "&x;"
    spdx = f'<rdf:RDF xmlns:rdf="{RDF}" xmlns:s="{SPDX_TERMS}"><s:SpdxDocument rdf:about="http://x#SPDXRef-DOCUMENT">'
    spdx += "<s:name>&x;</s:name></s:SpdxDocument></rdf:RDF>"
    return {
        "laughs.xml": (f'<?xml version="1.0"?><!DOCTYPE bom [{grow}]>' + body % "&a11;").encode(),
        "quadratic.xml": (f'<!DOCTYPE bom [<!ENTITY a "{"a" * 100_000}">]>' + body % ("&a;" * 10_000)).encode(),
        "file.xml": outer.encode(),
        "file-16.xml": outer.encode("utf-16"),
        "host.xml": f'<!DOCTYPE bom SYSTEM "http://127.0.0.1:9/e.dtd"><bom xmlns="{CYCLONEDX}" version="1"/>'.encode(),
        "file-rdf.xml": f'<?xml version="1.0"?><!DOCTYPE r [{file}]>{spdx}'.encode(),
        "laughs-spdx.xml": f"<!DOCTYPE d [{grow}]><Document><name>&a11;</name></Document>".encode(),
    }


def large_xml() -> dict[str, bytes]:
    """XML that is deep or wide."""
    root = f'<bom xmlns="{CYCLONEDX}" version="1"'
    attributes = " ".join(f'a{number}="1"' for number in range(200_000))
    return {
        "deep.xml": f"{root}>".encode() + b"<components>" * 1_000_000,
        "attributes.xml": f"{root} {attributes}/>".encode(),
        "attribute.xml": f'<bom xmlns="{CYCLONEDX}" version="'.encode() + b"1" * (50 * MIB) + b'"/>',
    }


def odd_json() -> dict[str, tuple[bytes, str | None]]:
    """JSON that parsers disagree about: file name -> (bytes, code of the problem or None where it is read)."""
    start = b'{"bomFormat":"CycloneDX","specVersion":"1.6",'
    part = b'[{"type":"library","name":"a","components":'
    return {
        "deep.json": (start + b'"components":' + part * 50_000 + b"[]" + b"}]" * 50_000 + b"}", "limit-document-depth"),
        "digits.json": (start + b'"version":' + b"9" * 5000 + b"}", "json-number"),
        "nan.json": (start + b'"version":NaN}', "json-number"),
        "exponent.json": (start + b'"version":1e999}', "json-number"),
        "twice.json": (start + b'"components":[{"type":"library","name":"x"}],"components":[]}', "json-duplicate-key"),
        "surrogate.json": (start + b'"components":[{"type":"library","name":"\\ud800"}]}', "json-surrogate"),
        "trailing.json": (bill() + b" true", "json-trailing-data"),
        "wide.json": (bill([{}]).decode().encode("utf-16"), None),
        "marked.json": (b"\xef\xbb\xbf" + bill([{}]), None),
    }


def graphs() -> dict[str, bytes]:
    """Dependency graphs with cycles, 10^12 paths, names that stand twice or nowhere."""
    chain = [{"ref": f"n{n}", "dependsOn": [f"n{m}" for m in (n + 1, n + 2) if m < 60]} for n in range(60)]
    two = [{"bom-ref": "a"}, {"bom-ref": "b"}]
    return {
        "cycle.json": bill(two, dependencies=[{"ref": "a", "dependsOn": ["b", "a"]}, {"ref": "b", "dependsOn": ["a"]}]),
        "diamond.json": bill([{"bom-ref": f"n{n}", "name": f"n{n}"} for n in range(60)], dependencies=chain),
        "twice.json": bill([{"bom-ref": "a"}, {"bom-ref": "a", "name": "other"}]),
        "dangling.json": bill(two, dependencies=[{"ref": "a", "dependsOn": ["nowhere"]}]),
    }


def odd_values() -> dict[str, bytes]:
    """License expressions, identifiers and addresses that make evaluators slow or careless."""
    wide = " AND ".join(f"(LicenseRef-A{n} OR LicenseRef-B{n})" for n in range(40))
    expressions = ("(" * 5000 + "MIT" + ")" * 5000, wide, " OR ".join(["MIT"] * 50), "(" * 200 + "MIT" + ")" * 200)
    purls = ("pkg:generic/../../x@1", "pkg:generic/%2e%2e/%2e%2e/x", "pkg:" + "a" * 100_000, "pkg:generic/x%00y")
    hosts = ("http://169.254.169.254/latest/", "http://[::1]:22/", "file:///etc/hostname", "http://u:secret@127.1/")
    return {
        "licenses.json": bill({"name": f"l{n}", "licenses": [{"expression": e}]} for n, e in enumerate(expressions)),
        "purls.json": bill({"name": f"p{n}", "purl": purl} for n, purl in enumerate(purls)),
        "cpe.json": bill([{"cpe": "cpe:2.3:a" + ":x" * 99}]),
        "hosts.json": bill([{"externalReferences": [{"type": "bom", "url": host} for host in hosts]}]),
    }


def intel_hex(records: Iterable[tuple[int, int, bytes]]) -> bytes:
    """Return the text of (type, address, data) records."""
    lines = []
    for kind, address, data in records:
        record = bytes([len(data), address >> 8, address & 255, kind]) + data
        lines.append(":" + (record + bytes([-sum(record) & 255])).hex().upper())
    return "\n".join([*lines, ":00000001FF", ""]).encode()


def srecords(records: Iterable[tuple[int, bytes]]) -> bytes:
    """Return the text of S3 records of (address, data)."""
    lines = []
    for address, data in records:
        record = bytes([len(data) + 5]) + address.to_bytes(4, "big") + data
        lines.append("S3" + (record + bytes([255 - (sum(record) & 255)])).hex().upper())
    return "\n".join([*lines, "S70500000000FA", ""]).encode()


def far_segments() -> dict[str, bytes]:
    """Flash texts that span, overlap or wrap 4 GiB of addresses."""
    data = bytes(range(16))
    return {
        "far.hex": intel_hex([(4, 0, b"\xff\xff"), (0, 0xFFF0, data), (4, 0, b"\0\0"), (0, 0, data)]),
        "overlap.hex": intel_hex([(0, 0, data), (0, 8, data)]),
        "far.s19": srecords([(0, data), (0xFFFFFFF0, data)]),
        "wrap.s19": srecords([(0xFFFFFFF8, data)]),
    }


def mutants(seeds: Mapping[str, bytes], count: int, seed: int) -> dict[str, bytes]:
    """Return `count` damaged copies of each seed."""
    chance = random.Random(seed)
    made = {}
    for name, whole in sorted(seeds.items()):
        for number in range(count):
            data = bytearray(whole)
            for _ in range(chance.randint(1, 8)):
                place = chance.randrange(len(data))
                data[place] = chance.choice((0, 0xFF, data[place] ^ 1 << chance.randrange(8), chance.randrange(256)))
            if chance.random() < 0.3:
                del data[chance.randrange(len(data)) :]
            made[f"{number:02}-{name}"] = bytes(data)
    return made


def signed_nodes(image: bytes) -> bytes:
    """Return a UBIFS image with the checksum of each node made right again."""
    made = bytearray(image)
    place = made.find(b"\x31\x18\x10\x06")
    while place >= 0:
        (length,) = struct.unpack_from("<I", made, place + 16)
        struct.pack_into("<I", made, place + 4, zlib.crc32(made[place + 8 : place + length]) ^ 0xFFFFFFFF)
        place = made.find(b"\x31\x18\x10\x06", place + max(length, 8))
    return bytes(made)
