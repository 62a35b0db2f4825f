"""The strict front end for XML.

The text is decoded here, a document type is refused before any parser sees it, and expat is given
exactly what was checked. Nothing is fetched, no entity exists, nothing recurses.
"""

from __future__ import annotations

import re
from typing import Any
from weakref import WeakKeyDictionary

from auditor.identify.documents.notes import Unreadable, shown
from auditor.identify.sample import Sample
from auditor.limits import Limits

ATTRIBUTES = 256
"""Attributes of one element; the formats read here have fewer than twenty."""
MARKS = (
    (b"\xef\xbb\xbf", "utf-8"),
    (b"\xff\xfe\x00\x00", "utf-32-le"),
    (b"\x00\x00\xfe\xff", "utf-32-be"),
    (b"\xff\xfe", "utf-16-le"),
    (b"\xfe\xff", "utf-16-be"),
    (b"<\x00", "utf-16-le"),
    (b"\x00<", "utf-16-be"),
)
ENCODINGS = frozenset(
    {"utf-8", "utf8", "us-ascii", "ascii", "iso-8859-1", "latin-1", "windows-1252", "gbk", "gb2312", "gb18030"}
)
WIDE = frozenset({"utf-16", "utf-16-le", "utf-16-be", "utf-16le", "utf-16be", "utf-32"})
DECLARATION = re.compile(r"<\?xml\s[^>]{0,200}?\?>")
ENCODING = re.compile(r"""encoding\s*=\s*["']([A-Za-z0-9._-]{1,40})["']""")
PROLOG = re.compile(r"(?:\s++|<!--(?:(?!-->).)*+-->|<\?(?:(?!\?>).)*+\?>)*+", re.DOTALL)
ROOT = re.compile(r"<(?:[\w.-]+:)?([\w.-]+)([^>]{0,2000})")


class Element:
    """An element: local name, namespace, attributes by local name, children, text, line (1-based)."""

    __slots__ = ("attributes", "children", "line", "name", "namespace", "text")

    def __init__(self, name: str, namespace: str, attributes: dict[str, str], line: int) -> None:
        self.name = name
        self.namespace = namespace
        self.attributes = attributes
        self.children: list[Element] = []
        self.text = ""
        self.line = line

    def child(self, name: str) -> Element | None:
        """Return the first child of a name."""
        return next((child for child in self.children if child.name == name), None)

    def all(self, name: str) -> list[Element]:
        """Return the children of a name."""
        return [child for child in self.children if child.name == name]

    def get(self, name: str) -> str | None:
        """Return the stripped text of the first child of a name, None when absent or empty."""
        child = self.child(name)
        return (child.text.strip() or None) if child is not None else None


def decode(data: bytes) -> str:
    """Decode by byte order mark or declaration; encodings that hide markup (UTF-7 ...) are refused."""
    name = next((name for mark, name in MARKS if data.startswith(mark)), None)
    if name is None:
        declared = ENCODING.search(data[:200].decode("latin-1"))
        name = declared.group(1).lower() if declared and data.startswith(b"<?xml") else "utf-8"
        if name not in ENCODINGS:
            raise Unreadable("encoding", f"the encoding {shown(name)} is not accepted", 0)
    elif name == "utf-8":
        data = data[3:]
    try:
        text = data.decode(name)
    except UnicodeError as error:
        raise Unreadable("encoding", f"not valid {name.upper()}", getattr(error, "start", None)) from error
    text = text.removeprefix("\ufeff")
    declaration = DECLARATION.match(text)
    if declaration:
        inner = ENCODING.search(declaration.group())
        if inner and inner.group(1).lower() not in ENCODINGS | WIDE:
            raise Unreadable("encoding", f"the encoding {shown(inner.group(1))} is not accepted", 0)
        text = text[declaration.end() :]
    return text


def refuse_large(data: bytes, limits: Limits) -> None:
    """Refuse a large document, and a tag or text of more than string-size bytes, before a parser copies it."""
    most, size = limits.document_size, limits.string_size
    if len(data) > most:
        message = f"{len(data)} bytes exceed document-size"
        raise Unreadable("limit-document-size", message, most, limit="document-size", value=most)
    at = 0
    while len(data) - at > size:
        found = data.rfind(b"<", at + 1, at + size)
        if found < 0:
            raise Unreadable("limit-string-size", "a tag or text exceeds string-size", at, None, "string-size", size)
        at = found


def refuse_document_type(text: str) -> int:
    """Return where the root element starts; a document type in front of it is refused."""
    match = PROLOG.match(text)
    start = match.end() if match else 0
    if text[start : start + 2] == "<!":
        raise Unreadable("xml-dtd", "a document type (DTD) is refused: entities are not read", start)
    return start


def root_of(sample: Sample) -> tuple[str, str] | None:
    """Return (local name, attributes text) of the root element without parsing; None when it is no XML.

    Looks through a document type, so that a refused document is still recognized.
    """
    head = sample.head
    if not head.lstrip(b"\xef\xbb\xbf\xff\xfe\0 \t\r\n").startswith(b"<"):
        return None
    head = sample.view.head(65536)
    declared = ENCODING.search(head[:200].decode("latin-1")) if head.startswith(b"<?xml") else None
    if declared and declared.group(1).lower() not in ENCODINGS:
        return _by_words(sample.data)
    name = next((name for mark, name in MARKS if head.startswith(mark)), "latin-1")
    text = head.decode(name, "replace").removeprefix("\ufeff").removeprefix("ï»¿")
    start = PROLOG.match(text)
    at = start.end() if start else 0
    if text[at : at + 2] == "<!":
        found = re.search(r"(?:\]\s*>|<!DOCTYPE[^\[>]*>)\s*(?=<[\w])", text[at:])
        if found is None:
            doctype = re.match(r"<!DOCTYPE\s+([\w.:-]+)", text[at:])
            return (doctype.group(1).split(":")[-1], narrow(sample.data).decode("latin-1")) if doctype else None
        at += found.end()
    root = ROOT.match(text, at)
    return (root.group(1), root.group(2)) if root else None


WORDS = ((b"cyclonedx.org/schema/bom", "bom"), (b"spdx.org/rdf/terms", "RDF"), (b"spdxVersion", "Document"))
"""What names the format where an encoding that hides markup was declared."""


def narrow(data: bytes) -> bytes:
    """Return the bytes without the zeros of UTF-16, for finding ASCII words only."""
    return data.replace(b"\0", b"") if b"\0" in data[:4] else data


def _by_words(data: bytes) -> tuple[str, str] | None:
    return next(((root, data.decode("latin-1")) for word, root in WORDS if word in data), None)


_cache: WeakKeyDictionary[Sample, Element | Unreadable] = WeakKeyDictionary()


def load(sample: Sample) -> Element:
    """Parse the sample once; raises Unreadable."""
    found = _cache.get(sample)
    if found is None:
        try:
            found = parse(sample.data, sample.limits)
        except Unreadable as error:
            found = error
        _cache[sample] = found
    if isinstance(found, Unreadable):
        raise found
    return found


def parse(data: bytes, limits: Limits) -> Element:
    """Parse XML into elements.

    Raises Unreadable: `xml-dtd`, `xml-syntax`, `encoding`, `limit-document-size`,
    `limit-document-depth`, `limit-attributes`, `limit-string-size`.
    """
    refuse_large(data, limits)
    text = decode(data)
    refuse_document_type(text)
    return Builder(limits).run(text)


class Builder:
    """Builds elements from expat's events under limits."""

    def __init__(self, limits: Limits) -> None:
        from xml.parsers import expat

        self.limits = limits
        self.error = expat.ExpatError
        self.parser: Any = expat.ParserCreate("utf-8", " ")
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self.start
        self.parser.EndElementHandler = self.end
        self.parser.CharacterDataHandler = self.characters
        self.parser.StartDoctypeDeclHandler = self.document_type
        self.stack: list[Element] = []
        self.root: Element | None = None
        self.size = 0

    def run(self, text: str) -> Element:
        """Feed the whole text."""
        try:
            data = text.encode()
            self.parser.Parse(data, True)
        except self.error as error:
            where = f"line {error.lineno}"
            raise Unreadable("xml-syntax", f"malformed XML: {error}", self.parser.ErrorByteIndex, where) from error
        except UnicodeEncodeError as error:
            raise Unreadable("encoding", "a lone surrogate", error.start) from error
        assert self.root is not None
        return self.root

    def stop(self, code: str, message: str, limit: str, value: int) -> Unreadable:
        """Make the error of a limit."""
        line = f"line {self.parser.CurrentLineNumber}"
        return Unreadable(code, message, self.parser.CurrentByteIndex, line, limit, value)

    def document_type(self, *_: Any) -> None:
        """Refuse what `refuse_document_type` cannot have let through."""
        raise Unreadable("xml-dtd", "a document type (DTD) is refused", self.parser.CurrentByteIndex)

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """Open an element."""
        depth = self.limits.document_depth
        if len(self.stack) >= depth:
            raise self.stop("limit-document-depth", f"nesting deeper than {depth}", "document-depth", depth)
        if len(attributes) > ATTRIBUTES:
            message = f"{len(attributes)} attributes in one element"
            raise self.stop("limit-attributes", message, "attributes", ATTRIBUTES)
        longest = self.limits.string_size
        if any(len(value) > longest for value in attributes.values()):
            raise self.stop("limit-string-size", "an attribute exceeds string-size", "string-size", longest)
        namespace, _, local = name.rpartition(" ")
        plain = {key.rpartition(" ")[2]: value for key, value in attributes.items()}
        element = Element(local, namespace, plain, self.parser.CurrentLineNumber)
        if self.stack:
            self.stack[-1].children.append(element)
        else:
            self.root = element
        self.stack.append(element)
        self.size = 0

    def end(self, _: str) -> None:
        """Close an element."""
        self.stack.pop()
        self.size = 0

    def characters(self, data: str) -> None:
        """Append text to the innermost element."""
        self.size += len(data)
        longest = self.limits.string_size
        if self.size > longest:
            raise self.stop("limit-string-size", "a text exceeds string-size", "string-size", longest)
        self.stack[-1].text += data


def prepare(limits: Limits) -> None:
    """Load the library, for a process that will not be able to."""
    from xml.parsers import expat  # noqa: F401
