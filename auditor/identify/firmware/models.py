"""Files of machine-learning models: format, producer, what the header says, the accelerator it is bound to."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import Any

import msgspec

from auditor.identify.sample import Sample
from auditor.identify.tables import table
from auditor.model import Evidence, Grade
from auditor.unpack.view import Truncated, View

NAME = "models"
TITLE = "AI model files by magic: format, producer, accelerator"
CLAIMS = (
    "name", "kind", "layer", "format", "accelerator", "producer", "architecture", "license", "version", "supplier",
)  # fmt: skip

MIN_SIZE = 32
SEEK = 1 << 20
MAX_ENTRIES = 256
MAX_TEXT = 4096
_TEXT = re.compile(rb"[ -~]{1,64}")
_REMARK = re.compile(r"(?: licen[sc]e)?(?: ?\([^()]{1,200}\))?\Z", re.IGNORECASE)
"""What exporters write behind the name of a license: `AGPL-3.0 License (https://...)`."""
_SAFETENSORS = re.compile(rb'\A\{\s*"[^"\\]{1,512}"\s*:\s*\{')


class Pattern(msgspec.Struct, frozen=True, forbid_unknown_fields=True, dict=True):
    """One way to know a format."""

    hex: str = ""
    offset: int = 0
    seek: bool = False
    min_size: int = 0
    suffix: str = ""
    members: tuple[str, ...] = ()
    text: str = ""

    @cached_property
    def magic(self) -> bytes:
        """The bytes that `hex` writes."""
        return bytes.fromhex(self.hex)


class Format(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One format of `rules/detectors/ml-formats.yaml`."""

    id: str
    format: str
    detect: tuple[Pattern, ...]
    accelerator: str = ""


def detect(sample: Sample) -> Iterable[Evidence]:
    """Vote for the model a file is."""
    if sample.view.size < MIN_SIZE or sample.head[:4] == b"\x7fELF":
        return
    name = sample.name.lower()
    formats: tuple[Format, ...] = table("ml-formats", tuple[Format, ...])
    for entry in formats:
        matched = next((pattern for pattern in entry.detect if _matches(sample, pattern, name)), None)
        if matched is not None:
            grade: Grade = "decisive" if len(matched.hex) >= 8 or matched.members or matched.text else "supporting"
            facts, cut = gguf(sample.view) if entry.id == "gguf" else ({}, None)
            yield from _votes(sample, entry.format, entry.accelerator, facts, grade)
            if cut is not None:
                raise cut
            return
    onnx = onnx_header(sample.head)
    if onnx is not None:
        onnx |= onnx_properties(sample.view)
        yield from _votes(sample, "ONNX", "", onnx, "decisive" if name.endswith(".onnx") else "supporting")
    elif _is_safetensors(sample):
        yield from _votes(sample, "safetensors", "", {}, "decisive")


def _matches(sample: Sample, pattern: Pattern, name: str) -> bool:
    if pattern.suffix and not name.endswith(pattern.suffix):
        return False
    if sample.view.size < pattern.min_size:
        return False
    if pattern.members:
        if sample.head[:4] != b"PK\x03\x04":
            return False
        directory = bytes(sample.view.data[-(1 << 16) :])
        return all(member.encode() in directory for member in pattern.members)
    if pattern.text:
        return sample.head.split(b"\n", 1)[0].strip() == pattern.text.encode()
    if pattern.seek:
        return pattern.magic in bytes(sample.view.data[:SEEK])
    return sample.head.startswith(pattern.magic, pattern.offset)


def _votes(sample: Sample, format_: str, accelerator: str, facts: dict[str, str], grade: Grade) -> Iterator[Evidence]:
    values = {
        "name": sample.name,
        "kind": "ai-model",
        "layer": "data",
        "format": format_,
        "accelerator": accelerator,
        **facts,
    }
    for claim, value in values.items():
        if value:
            yield sample.vote(
                f"model:{sample.artifact.path}", claim, value, detector=NAME, method="magic", grade=grade, offset=0
            )


def onnx_header(head: bytes) -> dict[str, str] | None:
    """Read the leading fields of an ONNX ModelProto (onnx.proto): ir_version, then texts, then the graph.

    Field 1 is a small number, field 2 the producer, 3 its version; None when the bytes are no such message.
    """
    if len(head) < 16 or head[0] != 0x08 or not 1 <= head[1] <= 30:
        return None
    facts: dict[str, str] = {}
    position = 2
    while position + 2 < len(head):
        tag, length = head[position], head[position + 1]
        if tag == 0x28:  # model_version, a number
            position += 2
            while position < len(head) and head[position - 1] & 0x80:
                position += 1
            continue
        if tag not in (0x12, 0x1A, 0x22, 0x32) or length & 0x80:
            break
        raw = head[position + 2 : position + 2 + length]
        if raw and not _TEXT.fullmatch(raw):
            return None
        claim = {0x12: "producer", 0x1A: "producer-version"}.get(tag)
        if claim and raw:
            facts[claim] = raw.decode("ascii")
        position += 2 + length
    # the graph (field 7) or an operator set (field 8) follows
    if not facts.get("producer") or position >= len(head) or head[position] not in (0x3A, 0x42, 0x32):
        return None
    version = facts.pop("producer-version", "")
    return {"producer": f"{facts['producer']} {version}".strip()}


def onnx_properties(view: View) -> dict[str, str]:
    """Read license and author among the properties of an ONNX ModelProto (field 14: key 1, value 2; onnx.proto).

    Exporters write them behind the graph, which is passed over by its length.
    """
    wanted = {"license": "license", "author": "supplier"}
    facts: dict[str, str] = {}
    position = 0
    try:
        for _ in range(MAX_ENTRIES):
            if position >= view.size:
                break
            field, position, end = _field(view, position)
            if field == 14:
                key, value = _property(view, position, end)
                if key in wanted:
                    facts[wanted[key]] = value
            position = end
    except Truncated:
        pass
    if "license" in facts:
        facts["license"] = _REMARK.sub("", facts["license"])
    return facts


def _property(view: View, position: int, end: int) -> tuple[str, str]:
    """Return (key, value) of one property: the first two texts of the message."""
    texts = {1: "", 2: ""}
    for _ in range(len(texts)):
        if position >= end:
            break
        field, position, behind = _field(view, position)
        texts[field] = view.copy(position, min(behind - position, MAX_TEXT)).decode("utf-8", "backslashreplace")
        position = behind
    return texts[1], texts[2]


def _field(view: View, position: int) -> tuple[int, int, int]:
    """Return (number, where its content begins, where it ends) of a protobuf field. Raises Truncated."""
    tag, position = view.leb128(position)
    if tag & 7 == 2:
        size, position = view.leb128(position)
        view.need(position, size)
        return tag >> 3, position, position + size
    if tag & 7 == 0:
        _, end = view.leb128(position)
        return tag >> 3, position, end
    raise Truncated(f"wire type {tag & 7}", position)


def _is_safetensors(sample: Sample) -> bool:
    size = int.from_bytes(sample.head[:8], "little")
    return 2 <= size <= sample.view.size - 8 and _SAFETENSORS.match(sample.head[8:]) is not None


class _Unread(Exception):
    """A value of a kind that is not stepped over; what stands behind it is not looked at."""


def gguf(view: View) -> tuple[dict[str, str], Truncated | None]:
    """Read the general keys of a GGUF file (ggml, docs/gguf.md), and where it was cut."""
    wanted = {
        "general.architecture": "architecture",
        "general.license": "license",
        "general.version": "version",
        "general.organization": "producer",
    }
    facts: dict[str, str] = {}
    cut = None
    try:
        version, _, entries = view.unpack(struct.Struct("<IQQ"), 4)
        position = 24
        for _ in range(min(entries, MAX_ENTRIES) if version >= 2 else 0):
            key, position = _gguf_text(view, position)
            kind = int.from_bytes(view.copy(position, 4), "little")
            value, position = _gguf_value(view, position + 4, kind)
            if key in wanted and isinstance(value, str):
                facts[wanted[key]] = value
    except _Unread:
        pass
    except Truncated as damage:
        cut = Truncated(f"GGUF file ends inside its header: {damage.message}", damage.offset)
    return facts, cut


def _gguf_text(view: View, position: int) -> tuple[str, int]:
    size = int.from_bytes(view.copy(position, 8), "little")
    view.need(position + 8, size)
    return view.copy(position + 8, min(size, MAX_TEXT)).decode("utf-8", "backslashreplace"), position + 8 + size


def _gguf_value(view: View, position: int, kind: int) -> tuple[Any, int]:
    """Return (text or None, position behind the value); raises _Unread for kinds that are not stepped over."""
    sizes = {0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8}
    if kind == 8:
        return _gguf_text(view, position)
    if kind in sizes:
        return None, position + sizes[kind]
    raise _Unread
