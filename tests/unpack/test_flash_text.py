"""Intel HEX, S-record and TI-TXT against objcopy and srec_cat, and the hostile ones."""

from __future__ import annotations

import shutil

import pytest
from flash_bytes import budget, codes, facts, hex_record, mutants, read, run, s_record, survives
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.unpack import intel_hex, srec, ti_txt
from auditor.unpack.view import LimitHit, View

OBJCOPY = "arm-none-eabi-objcopy"
END = hex_record(0, 1, b"")
needs_srec_cat = pytest.mark.skipif(shutil.which("srec_cat") is None, reason="needs srec_cat")


@pytest.mark.integration
@pytest.mark.skipif(shutil.which(OBJCOPY) is None, reason=f"needs {OBJCOPY}")
@pytest.mark.parametrize(("kind", "module"), [("ihex", intel_hex), ("srec", srec)])
def test_objcopy_writes_what_we_read(tmp_path, kind, module):
    data = bytes(range(256)) * 300
    (tmp_path / "in.bin").write_bytes(data)
    run(OBJCOPY, "-I", "binary", "-O", kind, "--change-addresses", "0x0800FF00", tmp_path / "in.bin", tmp_path / "out")
    container, found = read(module, (tmp_path / "out").read_bytes())
    assert found == {"segment@0x0800ff00": data}
    assert not container.problems


@pytest.mark.integration
@needs_srec_cat
@pytest.mark.parametrize(
    ("options", "module"),
    [("-Intel", intel_hex), ("-Motorola", srec), ("-TITXT", ti_txt)],
    ids=["hex", "srec", "titxt"],
)
def test_srec_cat_writes_what_we_read(tmp_path, options, module):
    first, second = b"first" * 50, bytes(range(200))
    (tmp_path / "a").write_bytes(first)
    (tmp_path / "b").write_bytes(second)
    run("srec_cat", tmp_path / "a", "-Binary", "-offset", "0x1000", tmp_path / "b", "-Binary", "-offset", "0x8000", "-o", tmp_path / "o", options)  # fmt: skip
    container, found = read(module, (tmp_path / "o").read_bytes())
    assert found == {"segment@0x00001000": first, "segment@0x00008000": second}
    assert not container.problems


runs = st.dictionaries(st.integers(0, 0xFFFFFF00), st.binary(min_size=1, max_size=40), max_size=8)


@settings(max_examples=60, deadline=None)
@given(runs)
def test_every_byte_of_every_record_is_in_a_segment(wanted):
    hex_text = b"".join(
        hex_record(0, 4, (address >> 16).to_bytes(2, "big")) + hex_record(address & 0xFFFF, 0, data)
        for address, data in wanted.items()
    )
    srec_text = s_record(0, 0, b"x") + b"".join(s_record(3, address, data) for address, data in wanted.items())
    for module, text in ((intel_hex, hex_text + END), (srec, srec_text + s_record(7, 0, b""))):
        if not wanted and module is intel_hex:
            continue
        _, found = read(module, text)
        assert sum(map(len, (data for data in found.values() if data))) == sum(map(len, wanted.values()))
        spans = [(int(name[8:18], 16), data) for name, data in found.items()]
        for address, data in wanted.items():
            assert any(start <= address and content[address - start :].startswith(data) for start, content in spans)


def test_segments_4_gib_apart_stay_two_small_ones():
    text = (
        hex_record(0, 4, b"\xff\xff")
        + hex_record(0xFFF0, 0, bytes(16))
        + hex_record(0, 4, b"\0\0")
        + hex_record(0, 0, bytes(16))
        + END
    )
    _, found = read(intel_hex, text)
    assert found == {"segment@0x00000000": bytes(16), "segment@0xfffffff0": bytes(16)}
    _, found = read(srec, s_record(3, 0, b"a" * 4) + s_record(3, 0xFFFFFFF0, b"b" * 4) + s_record(7, 0, b""))
    assert found == {"segment@0x00000000": b"aaaa", "segment@0xfffffff0": b"bbbb"}


def test_overlapping_records_are_a_problem_and_lose_no_byte():
    container, found = read(
        intel_hex, hex_record(0, 0, b"AAAAAAAA") + hex_record(4, 0, b"BB") + hex_record(8, 0, b"CC") + END
    )
    assert codes(container) == {"overlap"}
    assert found == {"segment@0x00000000": b"AAAAAAAACC", "segment@0x00000004": b"BB"}
    container, found = read(srec, s_record(1, 0, b"AA") + s_record(1, 0, b"BB") + s_record(9, 0, b""))
    assert codes(container) == {"overlap"}
    assert set(found.values()) == {b"AA", b"BB"}


def test_records_that_wrap_are_a_problem():
    container, found = read(intel_hex, hex_record(0, 4, b"\xff\xff") + hex_record(0xFFFE, 0, b"abcd") + END)
    assert codes(container) == {"address-wrap"}
    assert found == {"segment@0xfffffffe": b"ab", "segment@0x00000000": b"cd"}
    container, found = read(intel_hex, hex_record(0, 2, b"\x10\0") + hex_record(0xFFFF, 0, b"ab") + END)
    assert codes(container) == {"address-wrap"}
    assert found == {"segment@0x0001ffff": b"a", "segment@0x00010000": b"b"}
    container, found = read(srec, s_record(1, 0xFFFF, b"ab") + s_record(9, 0, b""))
    assert codes(container) == {"address-wrap"}
    assert found == {"segment@0x0000ffff": b"a", "segment@0x00000000": b"b"}


def test_bad_checksums_missing_ends_and_foreign_lines_are_problems():
    good = hex_record(0, 0, b"data")
    wrong = good[:-3] + b"00\n"
    assert codes(read(intel_hex, good + wrong.replace(b":04000", b":04001") + END)[0]) == {"bad-checksum"}
    assert codes(read(intel_hex, good)[0]) == {"truncated"}
    assert codes(read(intel_hex, good + b"hello\n" + END)[0]) == {"damaged"}
    assert codes(read(srec, s_record(1, 0, b"x"))[0]) == {"truncated"}
    assert codes(read(srec, s_record(1, 0, b"x") + s_record(5, 7, b"") + s_record(9, 0, b""))[0]) == {"damaged"}


def test_text_that_only_looks_alike_is_not_claimed():
    assert intel_hex.open(View(b":-)\n"), budget()) is None
    assert srec.open(View(b"S1 is a road\n"), budget()) is None
    assert ti_txt.open(View(b"@home\n"), budget()) is None


def test_header_of_s_records_is_a_fact():
    container, _ = read(srec, s_record(0, 0, b"app.srec") + s_record(1, 0, b"x") + s_record(9, 0, b""))
    assert facts(container) == {("file:", "name", "app.srec")}


def test_segments_over_the_member_limit_stop():
    text = b"".join(s_record(3, 0x100 * number, bytes(32)) for number in range(100))
    with pytest.raises(LimitHit) as hit:
        srec.open(View(text), budget(member_size=1000))
    assert hit.value.code == "limit-member-size"


@pytest.mark.parametrize(
    ("module", "seed"),
    [
        (intel_hex, hex_record(0, 4, b"\x08\0") + b"".join(hex_record(16 * n, 0, bytes(16)) for n in range(30)) + END),
        (
            srec,
            s_record(0, 0, b"x") + b"".join(s_record(3, 32 * n, bytes(32)) for n in range(30)) + s_record(7, 0, b""),
        ),
        (ti_txt, b"@F000\n31 40 00 03\n@FFFE\n00 F0\nq\n"),
    ],
    ids=["intel_hex", "srec", "ti_txt"],
)
def test_200_damaged_files(module, seed):
    for mutant in mutants(seed, 200, module.NAME):
        survives(module, mutant)
