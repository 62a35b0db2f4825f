"""ASAP2 (A2L): who made the software and which processor runs it, from MOD_PAR. The measurements are not read."""

from __future__ import annotations

import re

from auditor.identify.documents import sniffing
from auditor.identify.documents.notes import Notes
from auditor.identify.sample import Sample
from auditor.model import Actor, Declared, Document

NAME = "a2l"
TITLE = "ASAP2 (A2L): PROJECT, MODULE and MOD_PAR"

PROJECT = re.compile(rb"/begin[ \t\r\n]{1,100}PROJECT[ \t\r\n]{1,100}([A-Za-z_][\w.]{0,1023})")
MODULE = re.compile(rb"/begin[ \t\r\n]{1,100}MODULE[ \t\r\n]{1,100}([A-Za-z_][\w.]{0,1023})")
MOD_PAR = re.compile(rb"/begin[ \t\r\n]{1,100}MOD_PAR\b")
FIELD = re.compile(rb'\b(SUPPLIER|ECU|CPU_TYPE|EPK|VERSION|CUSTOMER|PHONE_NO|USER)[ \t\r\n]{1,100}"([^"\r\n]{0,1000})"')
LONGEST = 1 << 20
"""Bytes of one MOD_PAR that are looked at."""


def sniff(sample: Sample) -> bool:
    """Tell whether a text begins a PROJECT; comments of any length may stand in front of it."""
    return (sniffing.is_text(sample) or b"ASAP2_VERSION" in sample.head) and PROJECT.search(sample.head) is not None


def read(sample: Sample) -> Document:
    """Read the module parameters."""
    data = sample.data
    notes = Notes()
    project = PROJECT.search(data)
    module = MODULE.search(data)
    found = module or project
    name = found[1].decode("latin-1") if found else ""
    components: list[Declared] = []
    for start in MOD_PAR.finditer(data):
        end = data.find(b"/end MOD_PAR", start.end(), start.end() + LONGEST)
        if end < 0:
            notes.add("truncated", "MOD_PAR has no end", offset=start.start())
            end = min(start.end() + LONGEST, len(data))
        line = f"line {data.count(bytes([10]), 0, start.start()) + 1}"
        fields = {
            key.decode(): value.decode("utf-8", "replace").strip()
            for key, value in FIELD.findall(data, start.end(), end)
        }
        components += declared(name, fields, line)
        if len(components) > sample.limits.components:
            break
    if not components:
        notes.add("empty-document", "the file has no MOD_PAR that names software or processor", "line 1")
    return Document(format=NAME, version="", subject=None, components=tuple(components), problems=notes.all())


def declared(name: str, fields: dict[str, str], line: str) -> list[Declared]:
    """Map the fields of one MOD_PAR to the software and its processor."""
    found = []
    if any(fields.get(key) for key in ("SUPPLIER", "VERSION", "EPK", "ECU")):
        properties = [(f"a2l:{key}", fields[key]) for key in ("ECU", "EPK", "CUSTOMER") if fields.get(key)]
        found.append(
            Declared(
                pointer=line,
                name=name or fields.get("ECU", ""),
                version=fields.get("VERSION") or None,
                type="firmware",
                supplier=Actor(name=fields["SUPPLIER"]) if fields.get("SUPPLIER") else None,
                properties=tuple(properties),
            )
        )
    cpu = fields.get("CPU_TYPE")
    if cpu:
        found.append(Declared(pointer=line, name=cpu, type="device", mpn=cpu))
    return found
