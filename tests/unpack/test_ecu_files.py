"""ECU flash files and update bundles; most by specification, RAUC, cpio and zip by their tools."""

from __future__ import annotations

import io
import json
import shutil
import struct
import subprocess
import tarfile
import zipfile

import pytest
from flash_bytes import (
    app_description,
    budget,
    codes,
    esp_image,
    facts,
    hex_record,
    mutants,
    odx,
    qnx_ifs,
    read,
    run,
    survives,
    uf2,
    vbf,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.unpack import bundle_mender, bundle_rauc, bundle_swupdate, lzss, pdx, sealed, walk
from auditor.unpack import esp_image as esp_format
from auditor.unpack import odx as odx_format
from auditor.unpack import qnx_ifs as qnx_format
from auditor.unpack import uf2 as uf2_format
from auditor.unpack import vbf as vbf_format
from auditor.unpack.view import Budget, Damaged, Opaque, View


def pack(data: bytes, variant: lzss.Variant) -> bytes:
    """Write LZSS with literals and, where the last byte repeats, matches: an encoder of its own."""
    size = 1 << variant.position_bits
    longest = (1 << variant.length_bits) - 1 + variant.shortest
    place, bits, tokens, cursor = size - longest, [], [], 0
    while cursor < len(data):
        length = 0
        while cursor and length < longest and cursor + length < len(data) and data[cursor + length] == data[cursor - 1]:
            length += 1
        if length >= variant.shortest:
            position = (place - 1) % size
            bits += [0, *(position >> bit & 1 for bit in reversed(range(variant.position_bits)))]
            code = length - variant.shortest
            bits += [code >> bit & 1 for bit in reversed(range(variant.length_bits))]
            tokens.append((False, bytes([position & 0xFF, position >> 4 & 0xF0 | code])))
        else:
            length = 1
            bits += [1, *(data[cursor] >> bit & 1 for bit in reversed(range(8)))]
            tokens.append((True, data[cursor : cursor + 1]))
        cursor, place = cursor + length, (place + length) % size
    if variant.bit_stream:
        bits += [0] * (-len(bits) % 8)
        return bytes(int("".join(map(str, bits[at : at + 8])), 2) for at in range(0, len(bits), 8))
    out = b""
    for at in range(0, len(tokens), 8):
        group = tokens[at : at + 8]
        out += bytes([sum(literal << bit for bit, (literal, _) in enumerate(group))]) + b"".join(
            raw for _, raw in group
        )
    return out


@pytest.mark.parametrize("variant", lzss.VARIANTS)
@settings(max_examples=20, deadline=None)
@given(data=st.lists(st.tuples(st.integers(0, 255), st.integers(1, 60)), max_size=30))
def test_lzss_decodes_what_was_packed(variant, data):
    plain = b"".join(bytes([byte]) * times for byte, times in data)
    assert lzss.decode(pack(plain, variant), variant, 1 << 20) == plain
    assert len(lzss.decode(pack(plain, variant), variant, 5)) <= 5 + 70


def test_vbf_blocks_and_part_number():
    first, second = b"application" * 20, b"\xff" * 64
    container, found = read(vbf_format, vbf([(0x1000, first, first), (0x8000, second, second)]))
    assert found == {"segment@0x00001000": first, "segment@0x00008000": second}
    assert not container.problems
    assert facts(container) == {("file:", "part-number", "EX01-14C204-AB"), ("file:", "part-type", "EXE")}


@pytest.mark.parametrize("variant", lzss.VARIANTS)
def test_vbf_blocks_are_decompressed_by_the_variant_their_checksum_fits(variant):
    plain = b"aaaaaaaaaaaabcd" * 30
    assert read(vbf_format, vbf([(0x1000, pack(plain, variant), plain)], method=0x10))[1] == {
        "segment@0x00001000": plain
    }


def test_vbf_damage_is_reported():
    good = vbf([(0x1000, b"data" * 8, b"data" * 8)])
    container = vbf_format.open(View(good.replace(b"datadata", b"DATAdata", 1)), budget())
    assert codes(container) == {"bad-checksum"}
    with pytest.raises(Damaged) as damage:
        list(container.entries)
    assert damage.value.code == "bad-checksum"
    assert "truncated" in codes(vbf_format.open(View(good[:-1]), budget()))
    assert codes(vbf_format.open(View(good[: good.rindex(b"}") + 1]), budget())) == {"truncated"}
    sealed_one = vbf_format.open(View(vbf([(0x1000, b"x" * 32, b"x" * 32)], method=0x01)), budget())
    with pytest.raises(Opaque):
        list(sealed_one.entries)
    wrong = vbf_format.open(View(vbf([(0x1000, b"not packed at all", b"something else")], method=0x10)), budget())
    with pytest.raises(Opaque):
        next(iter(wrong.entries)).data()


def test_odx_flash_data_and_idents():
    container, found = read(odx_format, odx("01 02\n0A ff", "BINARY"))
    assert found == {"FD_1": b"\x01\x02\x0a\xff"}
    assert facts(container) == {("file:", "ident", "EX0907115")}
    text = (hex_record(0, 0, b"data") + hex_record(0, 1, b"")).decode()
    container, _ = read(odx_format, odx(text, "INTEL-HEX"))
    assert [entry.format for entry in container.entries] == ["intel_hex"]
    nodes = {
        artifact.path: bytes(view.data)
        for artifact, view in walk(View(odx(text, "INTEL-HEX")), Budget(budget().limits), print)
        if view
    }
    assert nodes["FD_1!/segment@0x00000000"] == b"data"
    method = '<ENCRYPT-COMPRESS-METHOD TYPE="A_BYTEFIELD">11</ENCRYPT-COMPRESS-METHOD>'
    assert codes(odx_format.open(View(odx("0102", "BINARY", method)), budget())) == {"opaque"}


def test_odx_refuses_document_types_and_depth():
    with pytest.raises(Damaged) as refused:
        odx_format.open(View(odx("00", "BINARY").replace(b"<ODX", b'<!DOCTYPE a [<!ENTITY e "x">]><ODX', 1)), budget())
    assert refused.value.code == "dtd-refused"
    with pytest.raises(Damaged) as deep:
        odx_format.open(View(b"<?xml version='1.0'?><ODX>" + b"<a>" * 10_000), budget())
    assert deep.value.code == "limit-document-depth"


def test_pdx_is_a_zip_with_catalog_and_odx():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as package:
        package.writestr("index.xml", "<CATALOG/>")
        package.writestr("flash.odx-f", odx("0102", "BINARY"))
    nodes = {a.path: a.format for a, _ in walk(View(out.getvalue()), Budget(budget().limits), print)}
    assert nodes[""] == "pdx"
    assert nodes["flash.odx-f"] == "odx"
    assert "flash.odx-f!/FD_1" in nodes
    plain = io.BytesIO()
    with zipfile.ZipFile(plain, "w") as package:
        package.writestr("index.xml", "<CATALOG/>")
    assert pdx.open(View(plain.getvalue()), budget()) is None
    for mutant in mutants(out.getvalue(), 200, "pdx"):
        survives(pdx, mutant)


@pytest.mark.integration
@pytest.mark.skipif(shutil.which("cpio") is None, reason="needs cpio")
def test_swupdate_archive_of_cpio(tmp_path):
    (tmp_path / "sw-description").write_text('software = { version = "3.2.1"; images: ({ filename = "a"; }); }')
    (tmp_path / "a").write_bytes(b"image")
    names = b"sw-description\na\n"
    data = subprocess.run(
        ["cpio", "-o", "-H", "crc", "--quiet"], input=names, cwd=tmp_path, capture_output=True, check=True
    ).stdout
    problems = []
    nodes = {
        artifact.path: artifact.format for artifact, _ in walk(View(data), Budget(budget().limits), problems.append)
    }
    assert nodes[""] == "swupdate"
    container, found = read(bundle_swupdate, data)
    assert found["a"] == b"image"
    assert facts(container) == {("file:", "version", "3.2.1")}
    assert not container.problems
    lost = bundle_swupdate.open(View(data.replace(b'filename = "a"', b'filename = "b"')), budget())
    assert [problem.message for problem in lost.problems] == [
        "sw-description names 1 files that are not in the bundle: b"
    ]
    encrypted = data.replace(b"images: ({ filename", b"encrypted = true; x", 1)
    assert codes(bundle_swupdate.open(View(encrypted), budget())) == {"opaque"}
    for mutant in mutants(data, 200, "swupdate"):
        survives(bundle_swupdate, mutant)


def mender_artifact() -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, content in (
            ("version", json.dumps({"format": "mender", "version": 3}).encode()),
            ("data/0000.tar", b"x" * 100),
        ):
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return out.getvalue()


def test_mender_artifact():
    data = mender_artifact()
    problems = []
    nodes = {
        artifact.path: artifact.format for artifact, _ in walk(View(data), Budget(budget().limits), problems.append)
    }
    assert nodes[""] == "mender"
    container, found = read(bundle_mender, data)
    assert found["data/0000.tar"] == b"x" * 100
    assert facts(container) == {("file:", "format", "mender 3")}
    for mutant in mutants(data, 200, "mender"):
        survives(bundle_mender, mutant)


@pytest.mark.integration
@pytest.mark.skipif(
    any(shutil.which(tool) is None for tool in ("rauc", "openssl", "mksquashfs")),
    reason="needs rauc, openssl, mksquashfs",
)
def test_rauc_bundle_of_rauc(tmp_path):
    run("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", tmp_path / "key", "-out", tmp_path / "cert", "-subj", "/CN=example", "-days", "30")  # fmt: skip
    content = tmp_path / "content"
    content.mkdir()
    (content / "rootfs.img").write_bytes(b"root file system" * 100)
    (content / "manifest.raucm").write_text(
        "[update]\ncompatible=Example Controller\nversion=2026.11\n[bundle]\nformat=plain\n[image.rootfs]\nfilename=rootfs.img\n"
    )
    run("rauc", "bundle", "--cert", tmp_path / "cert", "--key", tmp_path / "key", content, tmp_path / "b.raucb")
    data = (tmp_path / "b.raucb").read_bytes()
    container, found = read(bundle_rauc, data)
    assert container.extent == len(data)
    assert found["rootfs.img"] == b"root file system" * 100
    image = next(entry for entry in bundle_rauc.open(View(data), budget()).entries if entry.name == b"rootfs.img")
    assert (image.kind, image.mode) == ("file", (content / "rootfs.img").stat().st_mode & 0o7777)
    assert facts(container) == {("file:", "compatible", "Example Controller"), ("file:", "version", "2026.11")}
    problems = []
    nodes = {
        artifact.path: artifact.format for artifact, _ in walk(View(data), Budget(budget().limits), problems.append)
    }
    assert nodes[""] == "rauc"
    (content / "manifest.raucm").write_text("[update]\ncompatible=A\nversion=1\n[bundle]\nformat=plain\n")
    (tmp_path / "b.raucb").unlink()
    run("rauc", "bundle", "--cert", tmp_path / "cert", "--key", tmp_path / "key", content, tmp_path / "b.raucb")
    assert not bundle_rauc.open(View((tmp_path / "b.raucb").read_bytes()), budget()).problems
    (content / "rootfs.img").unlink()
    (content / "manifest.raucm").write_text("[image.rootfs]\nfilename=rootfs.img\n")
    run("mksquashfs", content, tmp_path / "less", "-quiet", "-no-progress")
    less = (tmp_path / "less").read_bytes() + b"\x30" + bytes(99) + (100).to_bytes(8, "big")
    assert [problem.message for problem in bundle_rauc.open(View(less), budget()).problems] == [
        "manifest.raucm names 1 files that are not in the bundle: rootfs.img"
    ]
    for mutant in mutants(data, 200, "rauc"):
        survives(bundle_rauc, mutant)


def test_qnx_image_files_links_and_machine():
    files = {"proc/boot/procnto": b"\x7fELF" + bytes(96), "etc/a": b"text"}
    container = qnx_format.open(View(qnx_ifs(files)), budget())
    entries = {entry.name.decode(): entry for entry in container.entries}
    assert {name: bytes(entry.data.data) for name, entry in entries.items() if entry.kind == "file"} == files
    assert entries["bin/sh"].target == b"ksh"
    assert entries["etc"].kind == "directory"
    assert facts(container) == {("file:", "machine", "AARCH64")}
    assert codes(qnx_format.open(View(qnx_ifs(files, compression=2)), budget())) == {"opaque"}
    for mutant in mutants(qnx_ifs(files), 200, "qnx_ifs"):
        survives(qnx_format, mutant)


def test_uf2_blocks_become_segments():
    data = bytes(range(256)) * 5 + b"tail"
    container, found = read(uf2_format, uf2(0x10000000, data) + b"behind")
    assert found == {"segment@0x10000000": data}
    assert container.extent == 512 * 6
    assert codes(uf2_format.open(View(uf2(0, data)[:-512]), budget())) == {"damaged"}


def test_uf2_blocks_that_are_not_flashed_or_out_of_order():
    blocks = [bytearray(uf2(0x1000, bytes([number]) * 256)) for number in range(3)]
    for number, block in enumerate(blocks):
        block[12:16] = (0x1000 + 256 * number).to_bytes(4, "little")
        block[20:28] = struct.pack("<II", number, 3)
    for flag in (0x0001, 0x1000):
        skipped = bytearray(blocks[1])
        skipped[8:12] = flag.to_bytes(4, "little")
        container, found = read(uf2_format, bytes(blocks[0] + skipped + blocks[2]))
        assert found == {"segment@0x00001000": bytes(256), "segment@0x00001200": b"\2" * 256}
        assert not container.problems
    container, found = read(uf2_format, bytes(blocks[1] + blocks[0] + blocks[2]))
    assert found == {"segment@0x00001000": bytes(256) + b"\1" * 256 + b"\2" * 256}
    assert codes(container) == {"damaged"}
    blocks[1][16:20] = (477).to_bytes(4, "little")
    container, found = read(uf2_format, bytes(blocks[0] + blocks[1] + blocks[2]))
    assert list(found) == ["segment@0x00001000", "segment@0x00001200"]
    assert codes(container) == {"damaged"}


def test_vbf_of_endless_blocks_ends(monkeypatch):
    monkeypatch.setattr(vbf_format, "MAX_BLOCKS", 1)
    block = (0x1000, b"data", b"data")
    assert vbf_format.open(View(vbf([block])), budget()) is not None
    with pytest.raises(Damaged):
        vbf_format.open(View(vbf([block, block])), budget())


def test_esp_image_segments_and_application_description():
    description = app_description("1.4.0", "gateway", "v5.1.2")
    data = esp_image([(0x3C0C0020, description), (0x40380000, b"code" * 50)])
    container, found = read(esp_format, data + b"\xff" * 64)
    assert container.extent == len(data)
    assert found == {"segment0@0x3c0c0020": description, "segment1@0x40380000": b"code" * 50}
    assert not container.problems
    assert facts(container) == {
        ("file:", "version", "1.4.0"),
        ("file:", "name", "gateway"),
        ("esp-idf", "version", "5.1.2"),
    }
    assert codes(esp_format.open(View(data.replace(b"codecode", b"CODEcode", 1)), budget())) == {"bad-checksum"}
    plain = esp_image([(0x40380000, b"code" * 50)])
    assert esp_format.open(View(plain.replace(b"codecode", b"CODEcodE", 1)), budget()) is None


@pytest.mark.parametrize("cut", [1, 32])
def test_esp_image_without_the_digest_it_announces_is_cut(cut):
    data = esp_image([(0x3C0C0020, app_description("1.4.0", "gateway", "v5.1.2")), (0x40380000, b"code" * 50)])
    assert not esp_format.open(View(data), budget()).problems
    assert codes(esp_format.open(View(data[:-cut]), budget())) == {"truncated"}


@pytest.mark.parametrize("magic", [b"CrAU" + bytes(4), b"iwlyfmbp", b"SBFH"])
def test_sealed_containers_say_why(magic):
    container = sealed.open(View(magic + bytes(100)), budget())
    assert codes(container) == {"opaque"}
    assert container.understood == 0


@pytest.mark.parametrize(
    ("module", "seed"),
    [
        (vbf_format, vbf([(0x1000, b"data" * 50, b"data" * 50)], method=0x10)),
        (odx_format, odx("0102", "BINARY")),
        (uf2_format, uf2(0x1000, bytes(2000))),
        (esp_format, esp_image([(0x3C0C0020, app_description("1", "a", "v5")), (0x40380000, b"code" * 50)])),
    ],
    ids=["vbf", "odx", "uf2", "esp_image"],
)
def test_200_damaged_files(module, seed):
    for mutant in mutants(seed, 200, module.NAME):
        survives(module, mutant)
