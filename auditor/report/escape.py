"""Make text from inputs harmless, one function per sink."""

from __future__ import annotations

import re
from collections.abc import Sequence

_BEYOND_ASCII = re.compile(r"[^\x00-\x7e]")
_HIGH_BYTES = re.compile(rb"[\x7f-\xff]+")


def terminal(text: str) -> str:
    """Escape what a terminal would obey: control characters, bidirectional marks, lone surrogates."""
    if text.isprintable():
        return text
    return "".join(sign if sign.isprintable() else _visible(sign) for sign in text)


def _visible(sign: str) -> str:
    code = ord(sign)
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def xml(text: str) -> str:
    """Escape for XML text and attributes; characters XML cannot hold become visible escapes."""
    import html

    return html.escape(terminal(text), quote=True)


def script(rows: Sequence[Sequence[str]]) -> str:
    """Write rows of texts as JSON that may stand in a script element: nothing in it ends the element."""
    import msgspec

    text = msgspec.json.encode([[terminal(value) for value in row] for row in rows]).decode()
    return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")


def json_text(text: str) -> str:
    """Write what a terminal or editor would obey in a finished JSON text (bidirectional marks, C1) as JSON escapes."""
    return _BEYOND_ASCII.sub(_json_escape, text)


def json_bytes(data: bytes) -> bytes:
    """Do the same in a finished JSON text in UTF-8, which as text would take several times its size."""
    return _HIGH_BYTES.sub(lambda found: json_text(found[0].decode()).encode(), data)


def _json_escape(found: re.Match[str]) -> str:
    sign = found[0]
    if sign.isprintable():
        return sign
    code = ord(sign)
    if code < 0x10000:
        return f"\\u{code:04x}"
    code -= 0x10000
    return f"\\u{0xD800 + (code >> 10):04x}\\u{0xDC00 + (code & 0x3FF):04x}"


def xml_text(text: str) -> str:
    """Write the same in a finished XML text as character references; so are tabs, which it is not indented with."""
    shown = text.replace("\t", "&#9;")
    return _BEYOND_ASCII.sub(lambda found: found[0] if found[0].isprintable() else f"&#x{ord(found[0]):x};", shown)


def lines(text: str) -> str:
    """Escape each line of a finished text for a terminal."""
    return "\n".join(map(terminal, text.split("\n")))


def markdown(text: str) -> str:
    """Escape for Markdown table cells and paragraphs: no markup, no HTML, no mentions, no links."""
    safe = terminal(text).replace("\\", "\\\\")
    for sign in "`*_{}[]()<>#|~!":
        safe = safe.replace(sign, "\\" + sign)
    return safe.replace("@", "@\u200b").replace("://", ":\u200b//").replace("&", "&amp;")


def workflow(text: str, *, is_property: bool = False) -> str:
    """Escape for a GitHub workflow command; properties also lose colon and comma."""
    safe = terminal(text).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    return safe.replace(":", "%3A").replace(",", "%2C") if is_property else safe


CELL_STARTS = tuple("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20|%")


def cell(text: str) -> str:
    """Escape for a spreadsheet cell: what a program would run as a formula gets a leading apostrophe."""
    safe = terminal(text)
    active = text.lstrip(" \u3000\u00a0").startswith(CELL_STARTS) or text.startswith(("\t", "\r", "\n"))
    return f"'{safe}" if active else safe
