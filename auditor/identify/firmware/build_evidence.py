"""What a build leaves beside the image: Kconfig files, west and repo manifests, Yocto and Buildroot lists."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache
from itertools import pairwise
from typing import Any, NamedTuple

import msgspec

from auditor.identify.sample import Sample
from auditor.identify.tables import table
from auditor.model import Evidence
from auditor.unpack.view import Damaged, LimitHit

NAME = "build_evidence"
TITLE = "Kconfig, west.yml, repo manifest, Yocto and Buildroot manifests, compile_commands.json"
CLAIMS = ("name", "version", "revision", "license", "supplier", "source", "board", "core")

MAX_RECORDS = 4096
HEAD_LINES = 12
_SOURCE = re.compile(rb'"file"\s*:\s*"([^"\\\n]{1,1024})"')
_PROJECT = re.compile(r"<project\s([^<>]{1,2048}?)/?>")
_ATTRIBUTE = re.compile(r'([a-z-]{1,32})\s*=\s*"([^"<>]{0,512})"')
_RECIPE_REVISION = re.compile(r"-r\d{1,4}(?:\.\d{1,4})*$")
_YOCTO_LINE = re.compile(r"^([a-z0-9][\w.+-]{0,127}) ([\w-]{1,64}) ((?:\d+:)?\d[\w.+~:-]{0,127})$")
_HASH = re.compile(r"^[0-9a-f]{7,40}$")
_TAG = re.compile(r"^(?:refs/tags/)?[A-Za-z_-]{0,40}?v?(\d+(?:[._]\d+){1,3})$")
_CONFIG_FACTS = re.compile(r'^CONFIG_(BOARD|SOC|SYS_BOARD|SYS_SOC|IDF_TARGET)="([^"\n]{1,128})"$', re.M)


class Configuration(msgspec.Struct, frozen=True):
    """One line of `rules/detectors/build-configurations.yaml`."""

    subject: str
    pattern: str


class Record(NamedTuple):
    """One project or package that a manifest lists."""

    subject: str
    name: str
    version: str = ""
    revision: str = ""
    license: str = ""
    supplier: str = ""
    source: str = ""
    line: int | None = None
    pointer: str | None = None


def detect(sample: Sample) -> Iterable[Evidence]:
    """Vote for what the build says it used; a manifest lists, it does not prove what was linked.

    `resolve` takes the votes about components for declarations; a fact about the file itself stays one.
    """
    if sample.artifact.format not in ("", "text") or b"\0" in sample.head:
        return
    reader = _reader(sample)
    if reader is None:
        return
    if sample.view.size > sample.limits.document_size:
        raise LimitHit("document-size", sample.limits.document_size, "a build record exceeds document-size")
    method, records = reader
    text = sample.data.decode("utf-8", "backslashreplace")
    if method == "kconfig":
        for claim, value in sorted(set(_CONFIG_FACTS.findall(text)))[:MAX_RECORDS]:
            claimed = "board" if claim.endswith("BOARD") else "core"
            subject = f"file:{sample.artifact.path}"
            yield sample.vote(subject, claimed, value, detector=NAME, method=method, grade="supporting")
    for count, record in enumerate(records(text)):
        if count >= MAX_RECORDS:
            raise LimitHit("records", MAX_RECORDS, "more build records than are read")
        for claim in ("name", "version", "revision", "license", "supplier", "source"):
            value = getattr(record, claim)
            if value:
                yield sample.vote(
                    record.subject,
                    claim,
                    value,
                    detector=NAME,
                    method=method,
                    grade="supporting",
                    line=record.line,
                    pointer=record.pointer,
                )


def _reader(sample: Sample) -> tuple[str, Any] | None:
    """Return (method, reader of the text) for a file that a build writes."""
    name, head = sample.name, sample.head
    if name.startswith((".config", "config-", "sdkconfig")) or name in ("config", "zephyr.config", "defconfig"):
        return "kconfig", kconfig
    if b"\n# Automatically generated file; DO NOT EDIT." in b"\n" + head[:512]:
        return "kconfig", kconfig
    if name in ("west.yml", "west.yaml"):
        return "west-manifest", west
    if name.endswith(".xml") and b"<manifest" in head:
        return "repo-manifest", repo
    if name == "license.manifest":
        return "yocto-manifest", yocto_licenses
    if name.endswith(".manifest"):
        return "yocto-manifest", yocto
    if name == "manifest.csv" and head.lstrip(b'"').startswith(b"PACKAGE"):
        return "buildroot-manifest", buildroot
    return ("compile-commands", compile_commands) if name == "compile_commands.json" else None


@cache
def _configurations() -> tuple[tuple[str, re.Pattern[str]], ...]:
    entries = table("build-configurations", tuple[Configuration, ...])
    return tuple((entry.subject, re.compile(entry.pattern)) for entry in entries)


def kconfig(text: str) -> Iterator[Record]:
    """Read the heading of a generated configuration."""
    for number, line in enumerate(text[:16384].split("\n")[:HEAD_LINES], 1):
        for subject, pattern in _configurations():
            match = pattern.match(line)
            if match is not None:
                version = (match[1] or "") if pattern.groups else ""
                yield Record(subject, subject, version=version, line=number)
                return


def _tagged(revision: str) -> str:
    """Return the version in a tag; a hash or a branch names none."""
    tag = _TAG.match(revision)
    return tag[1].replace("_", ".") if tag and not _HASH.match(revision) else ""


def _scalar(value: object) -> str:
    """Return a YAML scalar as text; empty for anything else (aliases may nest without bound)."""
    return str(value) if isinstance(value, str | int | float) else ""


def west(text: str) -> Iterator[Record]:
    """Read `manifest.projects` of a west manifest (docs.zephyrproject.org, west manifests)."""
    import yaml

    try:
        document = yaml.load(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 - a safe loader
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise Damaged("west manifest: no valid YAML", 0) from error
    manifest = document.get("manifest") if isinstance(document, dict) else None
    if not isinstance(manifest, dict):
        return
    defaults = manifest.get("defaults")
    default = _scalar(defaults.get("revision")) if isinstance(defaults, dict) else ""
    projects = manifest.get("projects")
    for index, project in enumerate(projects if isinstance(projects, list) else ()):
        if isinstance(project, dict) and isinstance(project.get("name"), str):
            name = project["name"]
            source, revision = _scalar(project.get("url") or project.get("repo-path")), _scalar(project.get("revision"))
            revision = revision or default
            yield Record(
                subject=name.lower(),
                name=name,
                version=_tagged(revision),
                revision=revision,
                source=source,
                pointer=f"/manifest/projects/{index}",
            )


def repo(text: str) -> Iterator[Record]:
    """Read the projects of a repo manifest (gerrit.googlesource.com/git-repo, docs/manifest-format.md)."""
    text = _without_comments(text)
    line, counted = 1, 0
    for match in _PROJECT.finditer(text):
        line, counted = line + text.count("\n", counted, match.start()), match.start()
        values = dict(_ATTRIBUTE.findall(match[1]))
        if values.get("name"):
            revision = values.get("revision", "")
            yield Record(
                subject=values["name"].rsplit("/", 1)[-1].removesuffix(".git").lower(),
                name=values["name"],
                version=_tagged(revision),
                revision=revision,
                line=line,
            )


def _without_comments(text: str) -> str:
    """Return XML without its comments, every line in its place; one that never ends takes the rest along."""
    kept: list[str] = []
    position = 0
    while (start := text.find("<!--", position)) >= 0:
        end = text.find("-->", start + 4)
        kept += (text[position:start], "\n" * text.count("\n", start, len(text) if end < 0 else end))
        position = len(text) if end < 0 else end + 3
    return "".join((*kept, text[position:]))


def _released(version: str) -> str:
    """Return a recipe's version as the project gave it: without epoch and without the revision of the recipe."""
    return _RECIPE_REVISION.sub("", version.partition(":")[2] or version)


def yocto(text: str) -> Iterator[Record]:
    """Read lines `package architecture version` of an image manifest."""
    lines = [line.strip() for line in text.split("\n")]
    matches = [(number, _YOCTO_LINE.match(line)) for number, line in enumerate(lines, 1) if line]
    if sum(match is None for _, match in matches) * 5 > len(matches):
        return  # another kind of manifest
    for number, match in matches:
        if match is not None:
            yield Record(f"opkg:{match[1]}", match[1], version=_released(match[3]), line=number)


def yocto_licenses(text: str) -> Iterator[Record]:
    """Read the paragraphs of a license manifest."""
    fields: dict[str, str] = {}
    start = 1
    for number, line in enumerate([*text.split("\n"), ""], 1):
        key, colon, value = line.partition(":")
        if colon:
            fields.setdefault(key.strip(), value.strip())
            continue
        if fields.get("PACKAGE NAME"):
            name = fields["PACKAGE NAME"]
            version = _released(fields.get("PACKAGE VERSION", ""))
            terms = fields.get("LICENSE", "").replace(" & ", " AND ").replace(" | ", " OR ")
            source = fields.get("RECIPE NAME", "")
            yield Record(f"opkg:{name}", name, version=version, license=terms, source=source, line=start)
        fields, start = {}, number + 1


def buildroot(text: str) -> Iterator[Record]:
    """Read `manifest.csv` of `make legal-info`: package, version, license ..."""
    import csv
    import io

    try:
        for number, row in enumerate(csv.reader(io.StringIO(text)), 1):
            if number > 1 and len(row) >= 3 and row[0]:
                yield Record(row[0].lower(), row[0], version=row[1].lstrip("v"), license=row[2], line=number)
    except csv.Error as error:
        raise Damaged("manifest.csv: no valid CSV", 0) from error


def compile_commands(text: str) -> Iterator[Record]:
    """Name the directories under well-known folders of foreign code that sources were compiled from."""
    found: dict[str, int] = {}
    content = text.encode()
    line, counted = 1, 0
    for match in _SOURCE.finditer(content):
        line, counted = line + content.count(b"\n", counted, match.start()), match.start()
        parts = match[1].decode("utf-8", "backslashreplace").split("/")
        for folder, name in pairwise(parts[:-1]):
            if folder.lower() in ("third_party", "thirdparty", "3rdparty", "external", "vendor", "modules"):
                found.setdefault(name, line)
    for name, number in sorted(found.items()):
        yield Record(name.lower(), name, line=number)
