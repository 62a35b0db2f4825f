"""Names are shown without harm, stay distinct, and links end inside the image."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.model import Artifact
from auditor.unpack import display, resolve_link


@given(st.binary(max_size=40), st.binary(max_size=40))
def test_distinct_names_stay_distinct(one: bytes, other: bytes) -> None:
    assert (display(one) == display(other)) == (one == other)


@given(*[st.text("\\x21b!/u{}\x1b\x85", max_size=9).map(str.encode)] * 2)
def test_names_that_look_like_escapes_stay_distinct(one: bytes, other: bytes) -> None:
    assert (display(one) == display(other)) == (one == other)


@given(st.binary(max_size=60))
def test_display_is_printable_unicode(name: bytes) -> None:
    text = display(name)
    assert text.isprintable() or not text
    text.encode("utf-8")
    assert "!/" not in text


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (b"plain name.txt", "plain name.txt"),
        ("naïve".encode(), "naïve"),
        (b"\x1b]52;c;x\x07", "\\x1b]52;c;x\\x07"),
        (b"\xff\x80", "\\xff\\x80"),
        ("\u202e".encode(), "\\u{202e}"),
        ("\x85".encode(), "\\u{85}"),
        (b"a\\b", "a\\b"),
        (b"system-systemd\\x2dcryptsetup.slice", "system-systemd\\x2dcryptsetup.slice"),
        (b"a\\x1b", "a\\\\x1b"),
        (b"a\\\\b", "a\\\\\\\\b"),
        (b"a!/b", "a\\x21/b"),
        (b"line\r\n", "line\\x0d\\x0a"),
    ],
)
def test_display(name: bytes, text: str) -> None:
    assert display(name) == text


def nodes(*rows: tuple[str, str, str | None]) -> dict[str, Artifact]:
    return {path: Artifact(id="", path=path, kind=kind, size=0, target=target) for path, kind, target in rows}


def test_two_hundred_legal_links_resolve() -> None:
    rows: list[tuple[str, str, str | None]] = [("bin", "directory", None), ("bin/busybox", "file", None)]
    rows += [(f"sbin/tool{number}", "symlink", "../bin/busybox") for number in range(100)]
    rows += [(f"usr/bin/tool{number}", "symlink", "/bin/busybox") for number in range(100)]
    image = nodes(*rows)
    links = [path for path, node in image.items() if node.kind == "symlink"]
    assert [resolve_link(image, path) for path in links] == ["bin/busybox"] * 200


def test_links_inside_a_nested_image_stay_there() -> None:
    image = nodes(
        ("bin/sh", "file", None),
        ("root.squashfs!/bin/sh", "file", None),
        ("root.squashfs!/sh", "symlink", "/bin/sh"),
        ("root.squashfs!/up", "symlink", "../../../bin/sh"),
    )
    assert resolve_link(image, "root.squashfs!/sh") == "root.squashfs!/bin/sh"
    assert resolve_link(image, "root.squashfs!/up") == "root.squashfs!/bin/sh"


def test_links_on_the_way_chains_loops_and_ends() -> None:
    image = nodes(
        ("lib", "symlink", "usr/lib"),
        ("usr/lib/libx.so.1", "symlink", "libx.so.1.2"),
        ("usr/lib/libx.so.1.2", "file", None),
        ("hard", "hardlink", "usr/lib/libx.so.1.2"),
        ("loop", "symlink", "loop"),
        ("nowhere", "symlink", "/etc/shadow"),
    )
    assert resolve_link(image, "lib/libx.so.1") == "usr/lib/libx.so.1.2"
    assert resolve_link(image, "hard") == "usr/lib/libx.so.1.2"
    assert resolve_link(image, "loop") is None
    assert resolve_link(image, "nowhere") is None
