"""Files that hold nothing to unpack: named by their first bytes; only what is appended is searched."""

from __future__ import annotations

import struct

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
CONTROLS = bytes(set(range(32)) - set(b"\t\n\r\f\x1b"))
"""Control characters that text does not hold."""
TEXT_SAMPLE = 4096


def sniff(view: View) -> str:
    """Return the name of a format without members, `text` for UTF-8 text, empty when unknown."""
    head = view.head(TEXT_SAMPLE)
    for magic, name in HEADS:
        if head.startswith(magic):
            return name
    # a script with a payload behind it is no text, so the end is looked at too
    tail = bytes(view.data[max(TEXT_SAMPLE, view.size - TEXT_SAMPLE) :])
    cut = view.size > TEXT_SAMPLE
    is_text = head and _is_text(head, cut_end=cut) and _is_text(tail, cut_start=cut)
    return "text" if is_text else ""


def end(view: View, name: str) -> int:
    """Return where a file of the format `name` ends by its own account; something may be appended."""
    if name != "elf" or view.size < 64:
        return view.size
    wide, order = view.data[4] == 2, ">" if view.data[5] == 2 else "<"
    if wide:
        segments, sections = struct.unpack_from(order + "QQ", view.data, 32)
        segment_size, segment_count, section_size, section_count = struct.unpack_from(order + "HHHH", view.data, 54)
    else:
        segments, sections = struct.unpack_from(order + "II", view.data, 28)
        segment_size, segment_count, section_size, section_count = struct.unpack_from(order + "HHHH", view.data, 42)
    last = max(segments + segment_size * segment_count, sections + section_size * section_count)
    for number in range(segment_count):
        place = segments + number * segment_size
        if place + 56 > view.size:
            break
        offset, size = (
            struct.unpack_from(order + "8xQ16xQ", view.data, place)
            if wide
            else struct.unpack_from(order + "4xI8xI", view.data, place)
        )
        last = max(last, offset + size)
    return int(min(last, view.size))


def _is_text(sample: bytes, *, cut_start: bool = False, cut_end: bool = False) -> bool:
    """Tell whether a sample is UTF-8 text; a character cut by either end of it is no fault of the text."""
    if len(sample.translate(None, CONTROLS)) < len(sample):
        return False
    text = sample.lstrip(bytes(range(0x80, 0xC0))) if cut_start else sample
    if len(sample) - len(text) > 3:
        return False
    try:
        text.decode("utf-8")
    except UnicodeDecodeError as error:
        return cut_end and error.start >= len(text) - 3
    return True
