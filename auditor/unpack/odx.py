"""ODX-F: flash data of diagnostic description files, and the idents they carry.

Element names as in ISO 22901-1 (ODX 2.2). Document type declarations are refused before
anything else is read, so that no entity is ever expanded.
"""

from __future__ import annotations

from binascii import Error as HexError
from binascii import unhexlify
from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.parsers import expat

from auditor.model import Evidence
from auditor.unpack.view import Budget, Container, Damaged, Entry, LimitHit, Opaque, View

NAME = "odx"
TITLE = "ODX-F flash container (XML)"
MAGICS = ((0, b"<?xml"), (3, b"<?xml"), (0, b"<ODX"))
ANYWHERE = False
KIND = "ecu"
MADE_BY = "odxtools"

HEAD = 1 << 16
PIECE = 1 << 20
FORMATS = {"INTEL-HEX": "intel_hex", "MOTOROLA-S": "srec"}
PLAIN = ("", "00", "0000", "NONE")


class Refused(Damaged):
    """The document uses a feature of XML that is never read."""

    code = "dtd-refused"


@dataclass(slots=True)
class FlashData:
    """One FLASHDATA element: the texts of its children."""

    texts: dict[str, str] = field(default_factory=dict)
    selection: str = ""
    """How DATA or the file is written: INTEL-HEX, MOTOROLA-S, BINARY."""


class _Reader:
    """Collects FLASHDATA and IDENT-VALUE while the document streams by."""

    def __init__(self, budget: Budget) -> None:
        self.depth_limit = budget.limits.document_depth
        self.tags: list[str] = []
        self.text: list[str] = []
        self.current: FlashData | None = None
        self.found: list[FlashData] = []
        self.idents: list[tuple[str, str, int]] = []
        self.parser = expat.ParserCreate()
        self.parser.buffer_text = True
        self.parser.StartDoctypeDeclHandler = self.doctype
        self.parser.StartElementHandler = self.start
        self.parser.EndElementHandler = self.end
        self.parser.CharacterDataHandler = self.characters

    def doctype(self, *_: object) -> None:
        raise Refused("document type declaration refused", self.parser.CurrentByteIndex)

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        if len(self.tags) >= self.depth_limit:
            raise LimitHit("document-depth", self.depth_limit, "XML nested too deep", self.parser.CurrentByteIndex)
        self.tags.append(tag)
        self.text.clear()
        if tag == "FLASHDATA":
            self.current = FlashData()
            self.found.append(self.current)
        elif tag == "DATAFORMAT" and self.current is not None:
            self.current.selection = attributes.get("SELECTION", "")

    def characters(self, text: str) -> None:
        self.text.append(text)

    def end(self, tag: str) -> None:
        text = "".join(self.text).strip()
        self.text.clear()
        self.tags.pop()
        if tag == "FLASHDATA":
            self.current = None
        elif self.current is not None and self.tags and self.tags[-1] == "FLASHDATA":
            self.current.texts[tag] = text
        elif tag == "IDENT-VALUE" and text:
            parent = next((name for name in reversed(self.tags) if name.endswith("-IDENT")), "IDENT")
            self.idents.append((parent, text, self.parser.CurrentByteIndex))


def open(view: View, budget: Budget) -> Container | None:
    """Read a document whose root is ODX and that has FLASHDATA; one entry per INTERN-FLASHDATA."""
    if b"<ODX" not in view.head(HEAD):
        return None
    limit = budget.limits.document_size
    if view.size > limit:
        raise LimitHit("document-size", limit, f"document of {view.size} bytes", 0)
    reader = _Reader(budget)
    try:
        for place in range(0, view.size, PIECE):
            reader.parser.Parse(bytes(view.data[place : place + PIECE]), False)
        reader.parser.Parse(b"", True)
    except expat.ExpatError as error:
        raise Damaged(f"XML is not well formed: {expat.ErrorString(error.code)}", error.offset) from None
    except (LookupError, ValueError):
        raise Damaged("XML in an encoding that is not known", 0) from None
    if not reader.found:
        return None
    problems: list[Damaged] = []
    entries = list(_entries(reader.found, budget, problems))
    return Container(extent=view.size, entries=entries, problems=problems, evidence=tuple(_facts(reader)))


def _entries(found: list[FlashData], budget: Budget, problems: list[Damaged]) -> Iterator[Entry]:
    for index, flash in enumerate(found):
        name = flash.texts.get("SHORT-NAME") or f"flashdata-{index}"
        method = flash.texts.get("ENCRYPT-COMPRESS-METHOD", "").upper().replace("0X", "")
        if method not in PLAIN:
            problems.append(Opaque(f"{name} is encrypted or compressed by method {method}", 0))
        text = flash.texts.get("DATA")
        if not text:
            continue
        if flash.selection in FORMATS:
            data = text.encode("ascii", "replace")
        else:
            try:
                data = unhexlify("".join(text.split()))
            except (HexError, ValueError):
                problems.append(Damaged(f"DATA of {name} is no hexadecimal text", 0))
                continue
        budget.take(len(data))
        yield Entry(
            name=name.encode("utf-8", "replace"),
            kind="region",
            size=len(data),
            data=View(data),
            format=FORMATS.get(flash.selection),
        )


def _facts(reader: _Reader) -> Iterator[Evidence]:
    """Return the idents (part numbers, versions) as facts about the file."""
    for parent, text, offset in reader.idents:
        if text.isprintable():
            yield Evidence(
                subject="file:",
                claim="ident",
                value=text,
                detector=NAME,
                method="header",
                grade="supporting",
                offset=offset,
                pointer=parent,
            )
