"""Make text from inputs harmless, one function per sink."""

from __future__ import annotations


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
