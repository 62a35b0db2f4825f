"""Databases of installed packages (dpkg, opkg, apk) and the name of the distribution (os-release)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple
from urllib.parse import quote

from auditor.identify.sample import Sample
from auditor.model import Evidence
from auditor.unpack.view import LimitHit

NAME = "package_db"
TITLE = "Installed packages (dpkg, opkg, apk), os-release"
CLAIMS = ("name", "kind", "layer", "version", "purl", "license", "source", "supplier", "cpe")

MAX_PACKAGES = 10_000
_DATABASES = (
    (re.compile(r"(?:^|/)var/lib/dpkg/status(?:\.d/[^/]+)?$"), "deb"),
    (re.compile(r"(?:^|/)(?:usr/lib|var/lib|lib)/opkg/(?:status|info/[^/]+\.control)$"), "opkg"),
    (re.compile(r"(?:^|/)lib/apk/db/installed$"), "apk"),
)
_RELEASE = re.compile(r"(?:^|/)(?:etc|usr/lib)/(?:os-release|initrd-release)$")
_STATUS_HEAD = re.compile(rb"\APackage: [!-~]+\n(?:[A-Z][\w-]*:[^\n]*\n){0,8}?(?:Status|Version): ")
_APK_HEAD = re.compile(rb"\AC:Q1[A-Za-z0-9+/=]+\nP:")
_DEBIAN = re.compile(r"^(?:\d+:)?(.+?)(?:-[^-]+)?$")
# marks of a source archive from which parts were removed, or of a rebuild
_REPACKED = re.compile(r"[+~.](?:dfsg|ds|repack|really|git|nmu|deb)[\w.+~]*$")
_ALPINE = re.compile(r"-r\d+$")


class Package(NamedTuple):
    """One installed package, values as the database writes them."""

    name: str
    version: str
    architecture: str = ""
    source: str = ""
    license: str = ""
    supplier: str = ""
    line: int = 0


def database(sample: Sample) -> str | None:
    """Return the kind of package database, None when the artifact is none."""
    path = sample.artifact.path.replace("!/", "/")
    for pattern, kind in _DATABASES:
        if pattern.search(path):
            return kind
    if _APK_HEAD.match(sample.head):
        return "apk"
    return "deb" if sample.name == "status" and _STATUS_HEAD.match(sample.head) else None


def detect(sample: Sample) -> Iterable[Evidence]:
    """Vote for each installed package, or for the distribution."""
    path = sample.artifact.path.replace("!/", "/")
    if _RELEASE.search(path) or sample.name == "os-release":
        yield from _distribution(sample)
        return
    kind = database(sample)
    if kind is None:
        return
    if sample.view.size > sample.limits.document_size:
        limit = sample.limits.document_size
        raise LimitHit("document-size", limit, f"a package database of {sample.view.size} bytes exceeds document-size")
    text = sample.data.decode("utf-8", "backslashreplace")
    packages = apk(text) if kind == "apk" else control(text)
    for count, package in enumerate(packages):
        if count >= MAX_PACKAGES:
            raise LimitHit("packages", MAX_PACKAGES, "more packages than are read")
        yield from _votes(sample, kind, package)


def control(text: str) -> Iterator[Package]:
    """Yield the packages of a file of paragraphs (dpkg, opkg); those that are not installed are left out."""
    for line, fields in _paragraphs(text):
        status = fields.get("Status", "install ok installed")
        if "Package" in fields and "Version" in fields and status.split(" ")[-1] in ("installed", "unpacked"):
            yield Package(
                fields["Package"],
                fields["Version"],
                fields.get("Architecture", ""),
                fields.get("Source", "").split(" ", 1)[0],
                fields.get("License", ""),
                fields.get("Maintainer", ""),
                line,
            )


def _paragraphs(text: str) -> Iterator[tuple[int, dict[str, str]]]:
    fields: dict[str, str] = {}
    start = 1
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            if fields:
                yield start, fields
            fields, start = {}, number + 1
        elif line[0] not in " \t":
            key, colon, value = line.partition(":")
            if colon:
                fields.setdefault(key, value.strip())
    if fields:
        yield start, fields


def apk(text: str) -> Iterator[Package]:
    """Yield the packages of apk's `installed`: lines `X:value`, paragraphs end with an empty line."""
    fields: dict[str, str] = {}
    start = 1
    for number, line in enumerate([*text.split("\n"), ""], 1):
        if line:
            fields.setdefault(line[:1], line[2:]) if line[1:2] == ":" else None
            continue
        if "P" in fields and "V" in fields:
            yield Package(
                fields["P"],
                fields["V"],
                fields.get("A", ""),
                fields.get("o", ""),
                fields.get("L", ""),
                fields.get("m", ""),
                start,
            )
        fields, start = {}, number + 1


def upstream_version(kind: str, version: str) -> str:
    """Return the part of a package version that the upstream project gave."""
    if kind == "apk":
        return _ALPINE.sub("", version)
    match = _DEBIAN.match(version)
    return _REPACKED.sub("", match[1]) if match else version


def _votes(sample: Sample, kind: str, package: Package) -> Iterator[Evidence]:
    purl_type = {"deb": "deb", "opkg": "opkg", "apk": "apk"}[kind]
    purl = f"pkg:{purl_type}/{quote(package.name, safe='')}@{quote(package.version, safe='')}"
    if package.architecture:
        purl += f"?arch={quote(package.architecture, safe='')}"
    facts = [
        ("name", package.name),
        ("version", upstream_version(kind, package.version)),
        ("purl", purl),
        ("license", package.license),
        ("source", package.source),
        ("supplier", package.supplier),
    ]
    for claim, value in facts:
        if value:
            yield sample.vote(
                f"{kind}:{package.name}",
                claim,
                value,
                detector=NAME,
                method="package-database",
                grade="decisive",
                line=package.line,
            )
    yield sample.vote(
        f"{kind}:{package.name}",
        "kind",
        "library" if package.name.startswith("lib") else "application",
        detector=NAME,
        method="package-database",
        grade="weak",
        line=package.line,
    )


def _distribution(sample: Sample) -> Iterator[Evidence]:
    """Read `KEY=value` lines (os-release(5)); the subject is the distribution's own id.

    The system an image names itself is an operating system, whatever kernel it runs on.
    """
    values: dict[str, str] = {}
    for line in sample.head.decode("utf-8", "backslashreplace").split("\n"):
        key, equals, value = line.strip().partition("=")
        if equals and key.replace("_", "").isalnum():
            values.setdefault(key, value.strip("\"'"))
    if not re.fullmatch(r"[a-z0-9][a-z0-9._-]{0,63}", values.get("ID", "")):
        return
    facts = [
        ("name", values.get("NAME")),
        ("version", values.get("VERSION_ID")),
        ("cpe", values.get("CPE_NAME")),
        ("kind", "os-distribution"),
    ]
    for claim, known in facts:
        if known:
            yield sample.vote(values["ID"], claim, known, detector=NAME, method="os-release", grade="decisive")
