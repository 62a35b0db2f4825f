"""Files that hold nothing to unpack: named by their first bytes, so that they are not searched."""

from __future__ import annotations

from auditor.unpack.view import View

HEADS = (
    (b"\x7fELF", "elf"),
    (b"\x89PNG\r\n\x1a\n", "png"),
    (b"\xff\xd8\xff", "jpeg"),
    (b"GIF87a", "gif"),
    (b"GIF89a", "gif"),
    (b"%PDF-", "pdf"),
    (b"OggS", "ogg"),
    (b"fLaC", "flac"),
    (b"\0\x01\0\0\0", "truetype"),
    (b"OTTO", "opentype"),
    (b"\xca\xfe\xba\xbe", "java-class"),
    (b"\xde\x12\x04\x95", "gettext"),
    (b"\x95\x04\x12\xde", "gettext"),
    (b"TZif", "timezone"),
    (b"SQLite format 3\0", "sqlite"),
    (b"GGUF", "gguf"),
)
"""First bytes and name."""
TEXT_SAMPLE = 4096


def sniff(view: View) -> str:
    """Return the name of a format without members, `text` for UTF-8 text, empty when unknown."""
    head = view.head(TEXT_SAMPLE)
    for magic, name in HEADS:
        if head.startswith(magic):
            return name
    return "text" if _is_text(head, cut=view.size > TEXT_SAMPLE) else ""


def _is_text(head: bytes, cut: bool) -> bool:
    if not head or b"\0" in head:
        return False
    try:
        text = head.decode("utf-8")
    except UnicodeDecodeError as error:
        # a character cut by the end of the sample is no fault of the text
        if not cut or error.start < len(head) - 3:
            return False
        text = head[: error.start].decode("utf-8")
    return not any(character < " " and character not in "\t\n\r\f\x1b" for character in text)
