"""Packages of programming languages: Python, Node, Go, Rust, Lua and Java, by their own metadata."""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple
from urllib.parse import quote

import msgspec

from auditor.identify.elf_file import Elf
from auditor.identify.sample import Sample
from auditor.model import Evidence
from auditor.unpack.view import Damaged

NAME = "languages"
TITLE = "Python, Node, Go, Rust, Lua and Java packages by their metadata"
CLAIMS = ("name", "version", "purl", "license", "kind", "supplier")

MAX_PACKAGES = 2048
MAX_METADATA = 4 << 20
_PYTHON = re.compile(r"(?:^|/)[^/]+\.(?:dist-info/METADATA|egg-info/PKG-INFO|egg-info)$")
_LUA = re.compile(r"(?:^|/)luarocks/rocks[^/]*/([^/]{1,128})/(\d[^/]{0,64})/[^/]+\.rockspec$")
_JAVA = re.compile(r"(?:^|/)META-INF/maven/[^/]+/[^/]+/pom\.properties$")
_GO_MODULE = re.compile(r"^(path|mod|dep|=>)\t([!-~]{1,512})(?:\t(v[!-~]{1,128}|\(devel\)))?", re.M)
_CRATE = re.compile(rb"registry/src/[\w.-]{1,64}/([a-z][\w-]{0,63}?)-(\d{1,4}\.\d{1,4}\.\d{1,6}(?:-[\w.]{1,32})?)/")


class Package(NamedTuple):
    """One package."""

    type: str
    """purl type"""
    name: str
    version: str = ""
    license: str = ""
    supplier: str = ""
    offset: int | None = None
    method: str = "package-metadata"


def detect(sample: Sample) -> Iterable[Evidence]:
    """Vote for each package."""
    for count, package in enumerate(_packages(sample)):
        if count >= MAX_PACKAGES:
            return
        # purl: a Python name is lower case with dashes; the slash of npm scopes and Go paths stays
        name = re.sub(r"[-_.]+", "-", package.name).lower() if package.type == "pypi" else package.name
        purl = f"pkg:{package.type}/{quote(name, safe='/')}" + (f"@{quote(package.version)}" if package.version else "")
        facts = [
            ("name", package.name),
            ("version", package.version),
            ("purl", purl),
            ("license", package.license),
            ("supplier", package.supplier),
            ("kind", "library"),
        ]
        for claim, value in facts:
            if value:
                yield sample.vote(
                    f"{package.type}:{name}",
                    claim,
                    value,
                    detector=NAME,
                    method=package.method,
                    grade="decisive",
                    offset=package.offset,
                )


def _packages(sample: Sample) -> Iterator[Package]:
    elf = sample.elf
    if elf is not None:
        yield from _go(elf)
        yield from _rust(sample, elf)
        return
    path = sample.artifact.path.replace("!/", "/")
    if sample.view.size > MAX_METADATA:
        return
    if _PYTHON.search(path):
        yield from python(sample.data.decode("utf-8", "backslashreplace"))
    elif sample.name == "package.json" and "node_modules/" in path:
        yield from node(sample.data)
    elif _JAVA.search(path):
        yield from java(sample.data.decode("utf-8", "backslashreplace"))
    else:
        rock = _LUA.search(path)
        if rock is not None:
            yield Package("luarocks", rock[1], rock[2].rpartition("-")[0] or rock[2])


def python(text: str) -> Iterator[Package]:
    """Read the header of core metadata (packaging.python.org, core metadata specifications)."""
    fields: dict[str, str] = {}
    for line in text.split("\n"):
        if not line.strip():
            break
        key, colon, value = line.partition(":")
        if colon and key[:1] not in " \t":
            fields.setdefault(key.lower(), value.strip())
    if fields.get("name") and fields.get("version"):
        terms = fields.get("license-expression") or fields.get("license", "")
        terms = terms if len(terms) <= 128 and terms != "UNKNOWN" else ""
        yield Package("pypi", fields["name"], fields["version"], terms, fields.get("author", ""))


def node(data: bytes) -> Iterator[Package]:
    """Read name, version and license of a package.json."""
    try:
        document: Any = msgspec.json.decode(data)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise Damaged("package.json: no valid JSON", 0) from error
    if not isinstance(document, dict):
        return
    name, version, terms = (document.get(key) for key in ("name", "version", "license"))
    if isinstance(terms, dict):
        terms = terms.get("type")
    if isinstance(name, str) and isinstance(version, str):
        yield Package("npm", name, version, terms if isinstance(terms, str) else "")


def java(text: str) -> Iterator[Package]:
    """Read groupId, artifactId and version of a pom.properties."""
    pairs = (line.partition("=") for line in text.split("\n") if not line.startswith("#"))
    fields = {key.strip(): value.strip() for key, equals, value in pairs if equals}
    if fields.get("artifactId"):
        name = "/".join(filter(None, (fields.get("groupId"), fields["artifactId"])))
        yield Package("maven", name, fields.get("version", ""))


def _go(elf: Elf) -> Iterator[Package]:
    """Read the build info of Go 1.18 and later: two length-prefixed texts after a 32-byte header.

    Layout: debug/buildinfo of the Go standard library; flag 2 = the texts stand inline. The text of
    modules is framed by 16 bytes on each side.
    """
    section = elf.section(".go.buildinfo")
    raw = elf.content(section, MAX_METADATA) if section is not None else b""
    if section is None or not raw.startswith(b"\xff Go buildinf:") or len(raw) < 34 or not raw[15] & 2:
        return
    version, position = _go_text(raw, 32)
    if version.startswith("go"):
        yield Package("golang", "stdlib", version[2:].split(" ", 1)[0], offset=section.offset, method="go-buildinfo")
    framed, _ = _go_text(raw, position)
    for kind, name, release in _GO_MODULE.findall(framed):
        if kind in ("mod", "dep") and release != "(devel)":
            yield Package("golang", name, release, offset=section.offset, method="go-buildinfo")


def _go_text(raw: bytes, position: int) -> tuple[str, int]:
    size = shift = 0
    while position < len(raw) and shift < 35:
        byte = raw[position]
        position += 1
        size |= (byte & 0x7F) << shift
        shift += 7
        if not byte & 0x80:
            break
    return raw[position : position + size].decode("utf-8", "backslashreplace"), position + size


def _rust(sample: Sample, elf: Elf) -> Iterator[Package]:
    """Read the list that cargo-auditable embeds, else the source paths that panics keep."""
    section = elf.section(".dep-v0")
    if section is not None:
        unpack = zlib.decompressobj()
        try:
            document: Any = msgspec.json.decode(unpack.decompress(elf.content(section, MAX_METADATA), MAX_METADATA))
        except (zlib.error, msgspec.DecodeError, RecursionError, struct.error) as error:
            raise Damaged(".dep-v0 is no compressed JSON", section.offset) from error
        packages = document.get("packages") if isinstance(document, dict) else None
        for entry in packages if isinstance(packages, list) else ():
            if isinstance(entry, dict) and isinstance(entry.get("name"), str) and isinstance(entry.get("version"), str):
                yield Package("cargo", entry["name"], entry["version"], offset=section.offset, method="cargo-auditable")
        return
    if not any(text.startswith("rustc ") for text in elf.comments):
        return
    seen: set[tuple[bytes, bytes]] = set()
    for match in _CRATE.finditer(sample.view.data):
        if (match[1], match[2]) not in seen:
            seen.add((match[1], match[2]))
            yield Package("cargo", match[1].decode(), match[2].decode(), offset=match.start(), method="source-path")
