"""Signatures: the shipped examples, who a text speaks for, versions that are whole, both engines alike."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.identify.firmware import signatures as detector
from auditor.identify.sample import Sample
from auditor.identify.signatures import component_key, database, describe
from auditor.identify.signatures.check import check_signatures
from auditor.identify.signatures.index import build, shipped
from auditor.identify.signatures.load import SignatureFault, load
from auditor.identify.signatures.match import Facts, find
from auditor.identify.signatures.pattern import PatternFault, compile_bytes
from auditor.identify.signatures.table import signature_table
from auditor.limits import Limits
from auditor.model import Artifact
from auditor.unpack.view import View

ONE = """
id: demo
name: Demo
kind: library
layer: middleware
sonames: ['libdemo.so.*']
texts:
  - pattern: 'demo library {x.y.z}'
    grade: decisive
purl: 'pkg:generic/demo@{version}'
cpe: 'demo:demo'
tests:
  - {bytes: "demo library 1.2.10", version: '1.2.10'}
"""


def hits(data, key, **facts):
    return [hit for hit in find(shipped(), Facts(**facts), memoryview(data)) if hit.component == key]


def versions(data, key, **facts):
    return {hit.version for hit in hits(data, key, **facts) if hit.version}


def folder(tmp_path, text):
    (tmp_path / "demo.yaml").write_text(text, encoding="utf-8")
    return tmp_path


def test_every_shipped_example_comes_out_as_it_says():
    assert check_signatures() == []


def test_at_least_two_hundred_components_with_examples():
    signatures = load()
    assert len(signatures) >= 200
    assert all(signature.tests for signature in signatures)


def test_a_wrong_example_is_a_failure(tmp_path):
    failures = check_signatures(folder(tmp_path, ONE.replace("version: '1.2.10'", "version: '1.2.1'")))
    assert [(failure.signature, failure.example) for failure in failures] == [("demo", 1)]
    assert "1.2.10" in failures[0].message


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("kind: library", "kind: librarry", "kind"),
        ("kind: library", "kind: library\nkind: library", "twice"),
        ("name: Demo", "name: NO", "name"),
        ("grade: decisive", "grades: decisive", "grades"),
        ("{x.y.z}", "{x.y.q}", "shape"),
        ("demo library {x.y.z}", "demo library .*", "bound"),
        ("demo library {x.y.z}", "(demo", "missing"),
        ("demo library {x.y.z}", "d", "fewer"),
    ],
)
def test_faults_name_file_and_field(tmp_path, old, new, words):
    failures = check_signatures(folder(tmp_path, ONE.replace(old, new, 1)))
    assert failures, new
    assert words in failures[0].message


def test_two_files_may_not_claim_one_package(tmp_path):
    second = ONE.replace("id: demo", "id: other\npackages: [demo]")
    (tmp_path / "other.yaml").write_text(second, encoding="utf-8")
    with pytest.raises(SignatureFault, match="belongs to"):
        build(load(folder(tmp_path, ONE)))


def test_longest_version_wins_and_a_truncated_one_is_no_version():
    assert versions(b"\0OpenSSL 3.0.20 7 Apr 2026\0", "openssl") == {"3.0.20"}
    assert versions(b"\0deflate 1.2.11.f Copyright 1995-2017 Jean", "zlib") == set()
    assert versions(b"\0SSH-2.0-dropbear_2022.83.1234\0", "dropbear") == set()


def test_a_word_that_ends_like_a_name_is_not_the_name():
    assert hits(b"\0notOpenSSL 3.0.2 15 Mar 2022\0", "openssl") == []
    assert hits(b"\0OpenVPN 2.6.0+ is needed\0", "openvpn") == []


def test_who_says_it_decides_the_role():
    text = b"\0OpenSSL 3.0.20 7 Apr 2026\0"
    own = hits(text, "openssl", name="libcrypto.so.3", elf=True, program=True, soname="libcrypto.so.3")
    other = hits(text, "openssl", name="libcurl.so.4", elf=True, program=True, soname="libcurl.so.4")
    assert {(hit.grade, hit.role) for hit in own if hit.version} == {("decisive", "self")}
    assert {(hit.grade, hit.role) for hit in other} == {("weak", "mention")}
    static = hits(b" deflate 1.2.13 Copyright 1995-2022 Jean", "zlib", name="app", elf=True, program=True)
    assert {(hit.grade, hit.role) for hit in static} == {("supporting", "mention")}


def test_a_file_name_alone_is_weak_until_a_text_joins_it():
    alone = hits(b"\0", "wget", name="wget", elf=True, program=True)
    joined = hits(b"\0GNU Wget %s\0\x001.21.3\0", "wget", name="wget", elf=True, program=True)
    assert {hit.grade for hit in alone} == {"weak"}
    assert {hit.version for hit in joined if hit.version} == {"1.21.3"}


def test_a_lone_version_counts_only_in_the_own_file_and_only_alone():
    own = {"name": "libyaml-0.so.2.0.9", "elf": True, "program": True, "soname": "libyaml-0.so.2"}
    assert versions(b"v0.2.5\0", "libyaml", **own) == set()
    assert versions(b"\x80" + b"0.2.5\0", "libyaml", **own) == {"0.2.5"}
    assert versions(b"\0" + b"0.2.5\0" + b"9.9.9\0", "libyaml", **own) == set()
    assert versions(b"\0" + b"0.2.5\0", "libyaml", name="app", elf=True, program=True) == set()


def test_a_library_version_handed_over_by_a_macro_is_not_the_users():
    program = {"name": "sqlite3", "elf": True, "program": True}
    data = b"\0SQLite\0inflateInit2_\0" + b"1.2.13\0"
    assert versions(data, "sqlite", **program) == set()
    rsync = {"name": "rsync", "elf": True, "program": True}
    assert versions(b"\0deflateInit_\0\x001.2.13\0", "rsync", **rsync) == set()
    assert versions(b"\0deflateInit_\0\x001.2.13\0\x003.2.7\0", "rsync", **rsync) == {"3.2.7"}


def test_a_loader_that_can_start_a_system_is_not_that_system():
    image = b"U-Boot 2023.01 (Jan 10 2023)\0## Starting vxWorks\0VxWorks version 6.9\0WIND version 2.13\0"
    assert versions(image, "u-boot") == {"2023.01"}
    assert hits(image, "vxworks") == []
    assert versions(b"\0VxWorks version 6.9.4\0", "vxworks") == {"6.9.4"}


def test_a_program_that_quotes_a_system_is_not_one():
    quoted = hits(b"\0FreeRTOS Kernel V10.4.3\0", "freertos", name="tool", elf=True, program=True)
    assert {(hit.grade, hit.role) for hit in quoted} == {("weak", "mention")}
    image = hits(b"\0FreeRTOS Kernel V10.4.3\0", "freertos", name="fw.bin")
    assert {(hit.grade, hit.role, hit.version) for hit in image} == {("decisive", "self", "10.4.3")}


def test_partners_are_needed_and_never_reported_alone():
    assert hits(b"\0IDLE\0", "freertos") == []
    assert hits(b"\0Tmr Svc\0", "freertos") == []
    assert {hit.grade for hit in hits(b"\0IDLE\0" + bytes(5000) + b"Tmr Svc\0", "freertos")} == {"supporting"}


def test_the_distribution_banner_gives_the_true_kernel_version():
    banner = (
        b"Linux version 6.1.0-50-arm64 (debian-kernel@lists.debian.org) (gcc-12 (Debian 12.2.0-14) 12.2.0, "
        b"GNU ld (GNU Binutils for Debian) 2.40) #1 SMP Debian 6.1.176-1 (2026-07-01)\n"
    )
    assert versions(banner, "linux") == {"6.1.176"}
    assert versions(b"Linux version 5.10.41-yocto-standard (oe-user@oe-host) (gcc", "linux") == {"5.10.41"}


def test_symbol_versions_bound_what_no_text_tells():
    facts = Facts(
        name="libstdc++.so.6.0.30",
        elf=True,
        program=True,
        soname="libstdc++.so.6",
        nodes=("GLIBCXX_3.4.29", "GLIBCXX_3.4.30"),
    )
    found = [hit for hit in find(shipped(), facts, memoryview(b"")) if hit.component == "gcc"]
    assert {hit.range for hit in found if hit.range} == {">=12.1,<13.1"}
    assert not {hit.version for hit in found if hit.version}


def test_symbols_name_a_system_in_an_unstripped_image():
    symbols = frozenset({"vTaskStartScheduler", "xTaskCreate", "main"})
    assert {hit.grade for hit in hits(b"", "freertos", name="fw.elf", elf=True, symbols=symbols)} == {"decisive"}
    assert hits(b"", "freertos", name="fw.elf", elf=True, symbols=frozenset({"xTaskCreate"})) == []


def test_keys_of_packages_and_sonames_join():
    assert component_key("deb:libssl3") == "openssl"
    assert component_key("soname:libssl.so.3") == "openssl"
    assert component_key("openssl") == "openssl"
    assert component_key("deb:nobody-knows-this") is None
    assert describe("openssl").cpe == "openssl:openssl"


def test_the_detector_votes_with_place_and_leaves_containers_and_text_alone():
    data = b"\0" * 32 + b"BusyBox v1.35.0 (2022-12-01 10:00:00 UTC)\0"
    artifact = Artifact(id="0" * 64, path="rootfs!/bin/sh", kind="file", size=len(data))
    votes = list(detector.detect(Sample(artifact, View(data), Limits())))
    said = {(vote.claim, vote.value, vote.offset) for vote in votes if vote.subject == "busybox"}
    assert ("version", "1.35.0", 32) in said
    assert ("purl", "pkg:generic/busybox@1.35.0", 32) in said
    for format_name in ("squashfs", "text"):
        apart = Artifact(id="0" * 64, path="x", kind="file", size=len(data), format=format_name)
        assert list(detector.detect(Sample(apart, View(data), Limits()))) == []


def test_the_table_lists_every_signature():
    page = signature_table()
    assert all(f"| `{signature.id}` |" in page for signature in load())


def test_the_cache_is_used_and_damage_is_repaired(tmp_path):
    expressions = [compile_bytes("OpenSSL {x.y.z}")]
    text = memoryview(b"OpenSSL 3.0.20")
    first = database.Engine(expressions, tmp_path)
    if not first.fast:
        pytest.skip("Hyperscan is not installed")
    (stored,) = tmp_path.glob("*.hsdb")
    good = stored.read_bytes()
    stored.write_bytes(good[: len(good) // 2])
    again = database.Engine(expressions, tmp_path)
    assert [match.group() for _, match, _ in again.matches(text)] == [b"OpenSSL 3.0.20"]
    assert stored.read_bytes() == good
    assert [match.group() for _, match, _ in database.Engine(expressions, tmp_path).matches(text)] == [
        b"OpenSSL 3.0.20"
    ]


@pytest.mark.parametrize("shift", range(-20, 21, 5))
def test_a_match_across_the_border_of_two_chunks_is_found_once(shift):
    engine = database.Engine([compile_bytes("demo library {x.y.z}")])
    at = database.CHUNK + shift
    data = bytes(at) + b"demo library 10.20.30\0" + bytes(100)
    assert [(match.group(), offset) for _, match, offset in engine.matches(memoryview(data))] == [
        (b"demo library 10.20.30", at)
    ]


PIECES = st.sampled_from([b"ab1.2.3", b"ab", b"1.2.3", b"\0", b"ab10.20.30.40", b"xyz \xff", b"q{"])


@settings(max_examples=150, deadline=None)
@given(st.lists(PIECES, max_size=30))
def test_both_engines_find_the_same_versions(pieces):
    data = memoryview(b"".join(pieces))
    expressions = [compile_bytes(r"ab{x.y.z}"), compile_bytes(r"xyz [^a-z]{1,4}")]

    def found(plain):
        engine = database.Engine(expressions, None, plain)
        return {(index, offset) for index, match, offset in engine.matches(data) if index == 0}

    assert found(True) == found(False)


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=3000))
def test_any_bytes_are_survived(data):
    for hit in find(shipped(), Facts(name="x", elf=True), memoryview(data)):
        assert hit.offset is None or 0 <= hit.offset < len(data)


@given(st.text(alphabet="ab*+?{}()[]\\.0123456789,|", max_size=12))
def test_a_pattern_is_compiled_bounded_or_refused(pattern):
    try:
        expression = compile_bytes(pattern)
    except PatternFault:
        return
    assert expression.width <= 512
    assert re.compile(expression.source)


VECTORS = b"\0\x80\0\x20" + b"\1\2\0\x08" * 15 + b"\xff" * 64


@pytest.mark.parametrize(
    "message",
    [
        b"image needs FreeRTOS Kernel V10.4.3 or later",
        b"talks to a gateway running FreeRTOS Kernel V10.4.3",
        b"Open source notices: FreeRTOS Kernel V10.4.3, Copyright (C) 2020 Amazon.com",
        b"peer ECU says: *** FreeRTOS Kernel V10.4.3 ***",
        b" Peer runs Zephyr OS v3.2.0, ours is newer",
        b"unsupported: ThreadX Cortex-M4/GNU Version 6.1",
        b"Welcome to QNX Neutrino 7.0 unit required",
        b"FreeRTOS Kernel V10.4.3 or newer",
    ],
)
def test_message_about_somebody_elses_system_is_a_mention(message: bytes) -> None:
    found = find(shipped(), Facts(bare_metal=True), memoryview(VECTORS + message + bytes(64)))
    told = [hit for hit in found if hit.version]
    assert told and all((hit.grade, hit.role) == ("weak", "mention") for hit in told), told


@pytest.mark.parametrize(
    "banner",
    [
        b"FreeRTOS Kernel V10.4.3",
        b"* FreeRTOS Kernel V10.4.3\n",
        b"Running on FreeRTOS Kernel V10.4.3",
        b"*** Booting Zephyr OS build v3.5.0 ***",
        b"Copyright (c) Microsoft Corporation. * ThreadX Cortex-M4/GNU Version 6.1 *",
        b"Welcome to QNX Neutrino 7.0",
    ],
)
def test_banner_of_a_system_is_its_own(banner: bytes) -> None:
    found = find(shipped(), Facts(bare_metal=True), memoryview(VECTORS + b"\0" + banner + bytes(64)))
    assert any(hit.version and hit.grade == "decisive" and hit.role == "self" for hit in found), found


def test_symbols_that_only_support_others_say_nothing_alone() -> None:
    shared = frozenset({"OSInit", "OSStart", "OSTaskCreate", "OSTimeDly", "OSCtxSw"})
    alone = find(shipped(), Facts(elf=True, bare_metal=True, symbols=shared), memoryview(b""))
    assert [hit for hit in alone if hit.component.startswith("ucos")] == []
    both = find(shipped(), Facts(elf=True, bare_metal=True, symbols=shared | {"OSMboxPost"}), memoryview(b""))
    assert {(hit.component, hit.grade) for hit in both if hit.component.startswith("ucos")} == {("ucos-ii", "decisive")}
