"""Names inside images: shown without harm, kept distinct, links followed inside the image only."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from auditor.model import Artifact
from auditor.unpack.view import Truncated

SEPARATOR = "!/"
"""Joins the path of a container and a path inside it."""
ESCAPE = re.compile(r"\\(?:\\|u\{|x(?:[01][0-9a-f]|21|7f|[89a-f][0-9a-f]))")
"""What an escape of `display` looks like."""
MAX_LINKS = 40
"""Links followed for one path before it counts as a loop (Linux: MAXSYMLINKS)."""


def display(name: bytes) -> str:
    r"""Return `name` as printable text; two distinct names never give the same text.

    Printable UTF-8 stays as it is. In any other name bytes that are no UTF-8 become `\xNN`,
    characters that do not print `\xNN` (below 128) or `\u{N}`, a backslash is doubled and a `!`
    before a `/` is written `\x21`, so that the separator of container paths cannot be forged.
    A name that already contains such an escape is treated the same way, which keeps it apart.
    """
    text = name.decode("utf-8", "surrogateescape")
    if text.isprintable() and SEPARATOR not in text and not ("\\" in text and ESCAPE.search(text)):
        return text
    shown = "".join(map(_escape, text))
    return shown.replace(SEPARATOR, "\\x21/")


def _escape(character: str) -> str:
    code = ord(character)
    if character == "\\":
        return "\\\\"
    if 0xDC80 <= code <= 0xDCFF:
        return f"\\x{code - 0xDC00:02x}"
    if character.isprintable():
        return character
    return f"\\x{code:02x}" if code < 0x80 else f"\\u{{{code:x}}}"


def join(container: str, name: str) -> str:
    """Return the path of the member `name` of `container` (empty = the input itself)."""
    return f"{container}{SEPARATOR}{name}" if container else name


def resolve_link(artifacts: Mapping[str, Artifact], path: str) -> str | None:
    """Follow the symbolic and hard links on `path` and return the path of what it names.

    `artifacts` maps paths to nodes of one input. Absolute targets start at the root of the
    image that holds the link and `..` stops there, as in a `chroot`. None when the path ends
    nowhere, or in a loop.
    """
    container, found, inner = path.rpartition(SEPARATOR)
    prefix = container + found
    pending = [part for part in inner.split("/") if part][::-1]
    place: list[str] = []
    for _ in range(MAX_LINKS):
        followed = False
        while pending and not followed:
            part = pending.pop()
            if part == ".":
                continue
            if part == "..":
                del place[-1:]
                continue
            place.append(part)
            node = artifacts.get(prefix + "/".join(place))
            if node is None or node.target is None or node.kind not in ("symlink", "hardlink"):
                continue
            followed = True
            if node.kind == "hardlink" or node.target.startswith("/"):
                place.clear()
            else:
                place.pop()
            pending.extend(part for part in node.target.split("/")[::-1] if part)
        if not followed:
            resolved = prefix + "/".join(place)
            return resolved if resolved in artifacts or not place else None
    return None


def absent(named: Iterable[bytes], there: Iterable[bytes], by: str) -> list[Truncated]:
    """Return a problem for each name that a bundle's own list has and the bundle has not."""
    missing = sorted(set(named) - set(there))
    shown = ", ".join(map(display, missing[:3])) + (" ..." if len(missing) > 3 else "")
    return [Truncated(f"{by} names {len(missing)} files that are not in the bundle: {shown}")] if missing else []
