"""A quote that is never closed costs its own line at most, and a report of ours is an input like any other."""

from __future__ import annotations

import json

from document_samples import codes, read

HEAD = "Manufacturer Part Number,Manufacturer,Description,Quantity\n"


def test_rows_behind_an_open_quote_are_read():
    text = HEAD + 'AB-1,Example Parts,"filter,1\n' + "".join(f"XR-{n},Example Parts,filter,1\n" for n in range(50))
    document = read(text, "parts.csv")
    assert [one.name for one in document.components] == ["AB-1", *(f"XR-{n}" for n in range(50))]
    assert [(one.code, one.pointer) for one in document.problems] == [("bad-line", "line 2")]
    assert document.components[-1].pointer == "line 52"


def test_a_cell_that_spans_lines_is_no_open_quote():
    document = read(HEAD + 'AB-1,Example Parts,"two\nlines",1\nXR-1,Example Parts,filter,1\n', "parts.csv")
    assert [one.name for one in document.components] == ["AB-1", "XR-1"]
    assert not document.problems


def test_an_open_quote_before_more_than_a_cell_may_hold():
    rows = "".join(f"XR-{n},Example Parts,{'filter ' * 20},1\n" for n in range(2000))
    document = read(HEAD + 'AB-1,Example Parts,"filter,1\n' + rows, "parts.csv")
    assert len(document.components) == 2001
    assert codes(document) == ["bad-line"]


def test_many_open_quotes_end():
    rows = "".join(f'XR-{n},Example Parts,"filter,1\n' for n in range(3001))
    document = read(HEAD + rows, "parts.csv")
    assert [one.name for one in document.components] == [f"XR-{n}" for n in range(3001)]
    assert codes(document) == ["bad-line"] * 20


def report(version: str = "1.0") -> bytes:
    zlib = {"id": "a", "kind": "library", "name": "zlib", "version": "1.3", "licenses": {"concluded": "Zlib"}}
    tool = {"name": "auditor", "rulesDigest": "0"}
    return json.dumps({"schemaVersion": version, "tool": tool, "components": [zlib], "findings": []}).encode()


def test_an_earlier_report_declares_its_components():
    document = read(report())
    (zlib,) = document.components
    assert (document.format, zlib.name, zlib.version, zlib.pointer) == (
        "auditor-report", "zlib", "1.3", "/components/0",
    )  # fmt: skip
    assert [(one.value, one.acknowledgement) for one in zlib.licenses] == [("Zlib", "concluded")]
