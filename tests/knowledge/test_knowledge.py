"""The shipped knowledge, its lookups, and what users lay over it."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor import knowledge
from auditor.knowledge import KnowledgeError
from auditor.knowledge.spelling import fold, version_key

PARTS = list(csv.DictReader((Path(__file__).parent / "part_numbers.csv").open(encoding="utf-8")))


@pytest.fixture(scope="module")
def facts() -> knowledge.Knowledge:
    return knowledge.load()


def overlay(tmp_path: Path, name: str, text: str) -> knowledge.Knowledge:
    path = tmp_path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return knowledge.load([tmp_path], checked=False)


def test_shipped_knowledge_has_no_troubles(facts: knowledge.Knowledge) -> None:
    assert [str(trouble) for trouble in facts.verify()] == []


@pytest.mark.parametrize("row", PARTS, ids=[row["number"] for row in PARTS])
def test_part_number_leads_to_its_maker(facts: knowledge.Knowledge, row: dict[str, str]) -> None:
    chip = facts.chip_by_mpn(row["number"], row["manufacturer"] or None)
    found = (chip.id, chip.vendor) if chip else ("", "")
    assert found == (row["family"], row["vendor"])


def test_a_device_tree_name_and_a_part_number_lead_to_one_family(facts: knowledge.Knowledge) -> None:
    named, numbered = facts.chip_by_compatible("ti,ds90ub960-q1"), facts.chip_by_mpn("DS90UB960WRTDTQ1")
    assert named is not None
    assert named is numbered


@pytest.mark.parametrize("chip", [row for row in PARTS if row["manufacturer"]], ids=lambda row: row["number"])
def test_chinese_manufacturer_names_are_known(facts: knowledge.Knowledge, chip: dict[str, str]) -> None:
    party = facts.party_by_name(chip["manufacturer"])
    assert party is not None
    assert party.id == chip["vendor"]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("NO", "NO"), ("no", "NO"), ("NOR", "NO"), ("Norge", "NO"), ("挪威", "NO"),
        ("China", "CN"), ("PRC", "CN"), ("Made in P.R. China", "CN"), ("中国大陆", "CN"), ("中华人民共和国", "CN"),
        ("Taiwan, China", "TW"), ("TAIWAN", "TW"), ("台湾地区", "TW"), ("Hong Kong SAR", "HK"), ("Macau", "MO"),
        ("USA", "US"), ("U.S.A.", "US"), ("United States of America", "US"), ("美国", "US"),
        ("Korea, Republic of", "KR"), ("South Korea", "KR"), ("韩国", "KR"), ("DPRK", "KP"),
        ("UK", "GB"), ("Great Britain", "GB"), ("Deutschland", "DE"), ("德国", "DE"), ("Viet Nam", "VN"),
        ("Türkiye", "TR"), ("Turkey", "TR"), ("Côte d’Ivoire", "CI"), ("Czech Republic", "CZ"), ("产地 日本", "JP"),
        ("Atlantis", None), ("", None), ("EU", None), ("XX", None),
    ],
)  # fmt: skip
def test_countries_as_written(facts: knowledge.Knowledge, text: str, code: str | None) -> None:
    assert facts.country(text) == code


def test_every_country_is_found_by_each_of_its_own_names(facts: knowledge.Knowledge) -> None:
    rows = facts.table("countries").values()
    assert len(rows) == 249
    for row in rows:
        for text in (row.alpha2, row.alpha3, row.name, row.zh, *row.names):
            assert facts.country(text) == row.alpha2, text


@pytest.mark.parametrize(
    ("text", "party"),
    [
        ("Texas Instruments Inc.", "ti"), ("TEXAS INSTRUMENTS INCORPORATED", "ti"), ("NXP Semiconductors N.V.", "nxp"),
        ("NXP B.V.", "nxp"), ("瑞萨电子株式会社", "renesas"), ("Robert Bosch GmbH", "bosch"),
        ("Infineon Technologies AG", "infineon"), ("Texas Instrument", None), ("NXQ", None), ("Inc.", None), ("", None),
    ],
)  # fmt: skip
def test_party_names_compare_without_legal_form_and_never_nearly(
    facts: knowledge.Knowledge, text: str, party: str | None
) -> None:
    found = facts.party_by_name(text)
    assert (found.id if found else None) == party


@pytest.mark.parametrize(
    ("query", "key"),
    [
        ({"package": "libssl3"}, "openssl"), ({"package": "libc6"}, "glibc"), ({"package": "zlib1g"}, "zlib"),
        ({"soname": "libssl.so.3"}, "openssl"), ({"soname": "libc.so.6"}, "glibc"), ({"name": "FreeRTOS Kernel"}, "freertos"),
        ({"purl": "pkg:deb/debian/libcurl4@7.88.1-10?arch=arm64"}, "curl"), ({"name": "U-Boot"}, "u-boot"),
        ({"package": "libavcodec59"}, "ffmpeg"), ({"package": "libavahi-common3"}, None), ({"package": "libsslfoo1"}, None),
        ({"package": "libqt5core5a"}, "qt5"), ({"package": "libnothing1"}, None), ({"soname": "libnothing.so.1"}, None), ({"purl": "pkg:npm/zlib@1.0"}, None),
        ({"name": ""}, None), ({}, None),
    ],
)  # fmt: skip
def test_software_keys(facts: knowledge.Knowledge, query: dict[str, str], key: str | None) -> None:
    assert facts.software_key(**query) == key


def test_vendor_prefixes(facts: knowledge.Knowledge) -> None:
    fsl = facts.vendor_of_prefix("fsl")
    assert fsl is not None
    assert fsl.party is not None
    assert fsl.party.id == "nxp"
    raspberry = facts.vendor_of_prefix("raspberrypi")
    assert raspberry is not None
    assert raspberry.party is None
    assert facts.vendor_of_prefix("simple-audio-card") is None
    assert facts.vendor_of_prefix("no-such-prefix") is None


def test_overlay_extends_a_record_and_its_facts_are_the_users(tmp_path: Path) -> None:
    before = knowledge.load()
    assert before.fact(before.party("ti"), "seat").basis == "read"
    after = overlay(
        tmp_path,
        "parties/ours.yaml",
        "- id: ti\n  seat: 'NO'\n  sources:\n  - {fields: [seat], who: purchasing, day: 2026-11-01}\n"
        "- id: example-motors\n  name: Example Motors\n  zh: 示例汽车\n  seat: DE\n  owners: []\n",
    )
    fact = after.fact(after.party("ti"), "seat")
    assert (fact.value, fact.basis) == ("NO", "user")
    assert fact.sources == ("knowledge:parties/ours.yaml#ti", "purchasing, 2026-11-01")
    assert after.fact(after.party("ti"), "owners").basis == before.fact(before.party("ti"), "owners").basis
    own = after.party_by_name("示例汽车有限公司")
    assert own is not None
    assert after.fact(own, "seat").basis == "stated"
    assert after.digest != before.digest
    assert after.verify() == []


def test_overlay_that_changes_a_value_without_source_is_only_stated(tmp_path: Path) -> None:
    after = overlay(tmp_path, "parties/ours.yaml", "- id: ti\n  seat: DE\n")
    assert after.fact(after.party("ti"), "seat").basis == "stated"


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("parties/a.yaml", "- id: x\n  name: X\n  seet: DE\n", "knowledge:parties/a.yaml:3:3: unknown field 'seet', did you mean 'seat'?"),
        ("parties/a.yaml", "- id: x\n  name: X\n  name: Y\n", "knowledge:parties/a.yaml:3:3: the key 'name' stands here twice"),
        ("parties/a.yaml", "- {id: x, name: X, seat: no}\n", "1:20: Expected `str` matching regex"),
        ("parties/a.yaml", "- {id: x, name: X, kind: firm}\n", "1:20: Invalid enum value 'firm'"),
        ("parties/a.yaml", "- id: x\n", "Object missing required field `name`"),
        ("parties/a.yaml", "id: x\n", "a list of records is expected"),
        ("parties/a.yaml", "- [\n", "knowledge:parties/a.yaml:2:1:"),
        ("parties/a.yaml", "- !!python/object/apply:os.system ['true']\n", "could not determine a constructor"),
        ("chips/a.yaml", "- {id: x, name: X, vendor: nxp, class: soc, sources: [{fields: [vendor], urll: a}]}\n", "did you mean 'url'?"),
        ("partys/a.yaml", "[]\n", "no such kind of knowledge"),
    ],
)  # fmt: skip
def test_invalid_files_are_errors_with_place(tmp_path: Path, name: str, text: str, message: str) -> None:
    with pytest.raises(KnowledgeError) as error:
        overlay(tmp_path, name, text)
    assert message in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("parties/a.yaml", "- {id: x, name: X1, seat: ZZ}\n", "'ZZ' is no code of countries.yaml"),
        ("parties/a.yaml", "- {id: x, name: X1, owners: [{party: nobody}]}\n", "there is no party 'nobody'"),
        ("parties/a.yaml", "- {id: x, name: X1, owners: [{party: y}]}\n- {id: y, name: Y1, owners: [{party: x}]}\n", "owns itself through its owners"),
        ("parties/a.yaml", "- {id: x, name: X1, seat: DE, sources: [{fields: [seat], url: 'https://example.org/a'}]}\n", "needs title and day"),
        ("parties/a.yaml", "- {id: x, name: X1, seat: DE, sources: [{fields: [seat], title: T, read: 2026-01-01}]}\n", "exactly one of url, derived-from, who"),
        ("parties/a.yaml", "- {id: x, name: X1, seat: DE, sources: [{fields: [seat], url: 'https://example.org/a', title: T, read: 2026-02-30}]}\n", "'2026-02-30' is no day"),
        ("parties/a.yaml", "- {id: x, name: X1, seat: DE, sources: [{fields: [seat], who: us}]}\n", "a user's fact needs the day"),
        ("parties/a.yaml", "- {id: x, name: X1, sources: [{fields: [seat], who: us, day: 2026-01-01}]}\n", "but no value is given"),
        ("parties/a.yaml", "- {id: x, name: X1, seat: DE, sources: [{fields: [seat], derived-from: [nobody.seat]}]}\n", "which is no fact"),
        ("parties/a.yaml", "- {id: x, name: X1, seat: DE, sources: [{fields: [seat], url: 'https://example.org/a', title: T}]}\n", "needs title and day"),
        ("parties/a.yaml", "- {id: x, name: X1, seat: DE, sources: [{fields: [seat], url: 'https://example.org/a', read: 2026-01-01}]}\n", "needs title and day"),
        ("parties/a.yaml", "- {id: x, name: X1, seat: DE, sources: [{fields: [seat], url: 'https://example.org/a', title: T, read: 9026-01-01}]}\n", "'9026-01-01' is a day to come"),
        ("parties/a.yaml", "- {id: x, name: X1, seat: DE, sources: [{fields: [seat], who: us, day: 9026-01-01}]}\n", "'9026-01-01' is a day to come"),
        ("parties/a.yaml", "- {id: x, name: X1, owners: [{party: ti, since: 2026-02-01, until: 2026-01-01}]}\n", "since '2026-02-01' is after until '2026-01-01'"),
        ("parties/a.yaml", "- {id: x, name: X1, seat: DE, sources: [{fields: [seat], derived-from: []}]}\n", "derived from nothing"),
        ("parties/a.yaml", "- {id: x, name: X1, seat: DE, sources: [{fields: [seat], derived-from: [seat]}]}\n", "derived from 'seat', which is derived from it"),
        ("parties/a.yaml", "- {id: x, name: X1, seat: DE, incorporated: DE, sources: [{fields: [seat], derived-from: [incorporated]}, {fields: [incorporated], derived-from: [x.seat]}]}\n", "derived from 'x.seat', which is derived from it"),
        ("parties/a.yaml", "- {id: x, name: X1, seat: DE, incorporated: DE, sources: [{fields: [seat], derived-from: [incorporated]}]}\n", "derived from 'incorporated', which is only stated"),
        ("parties/a.yaml", "- {id: x, name: X1, owners: [{party: ti, source: {derived-from: []}}]}\n", "derived from nothing"),
        ("parties/a.yaml", "- {id: x, name: X1, owners: [], sources: [{fields: [owners], url: 'https://example.org/a', title: T, read: 2026-01-01, says: no parent named}]}\n", "give the ground"),
        ("parties/a.yaml", "- {id: x, name: X1, owners: [], sources: [{fields: [owners], url: 'https://example.org/a', title: T, read: 2026-01-01, ground: listed}]}\n", "confidence medium at most"),
        ("parties/a.yaml", "- {id: x, name: X1, seat: DE, sources: [{fields: [seat], url: 'https://example.org/a', title: T, read: 2026-01-01, ground: holders}]}\n", "a ground belongs to"),
        ("projects/a.yaml", "- {id: x, name: X, package-licenses: {libx: Foo-9}}\n", "has no category"),
        ("parties/a.yaml", "- {id: x, name: Texas Instruments}\n", "also names"),
        ("chips/a.yaml", "- {id: x, name: X, vendor: ti, class: soc, parts: ['(A+)+B']}\n", "is not bounded"),
        ("chips/a.yaml", "- {id: x, name: X, vendor: ti, class: soc, parts: ['(A']}\n", "does not compile"),
        ("chips/a.yaml", "- {id: x, name: X, vendor: ti, class: sock}\n", "there is no chip class 'sock'"),
        ("projects/a.yaml", "- {id: x, name: X, license: Foo-9}\n", "has no category"),
        ("projects/a.yaml", "- {id: freertos, name: X}\n", "is also a project"),
    ],
)  # fmt: skip
def test_verify_finds_what_is_wrong(tmp_path: Path, name: str, text: str, message: str) -> None:
    troubles = [str(trouble) for trouble in overlay(tmp_path, name, text).verify()]
    assert any(message in trouble for trouble in troubles), troubles


def test_counts_agree_with_the_facts(facts: knowledge.Knowledge) -> None:
    counts = facts.counts()
    assert counts["projects"]["read"] > 150
    assert counts["parties"]["read"] > 0
    assert all(set(tally) == {"read", "derived", "user", "stated"} for tally in counts.values())


def test_read_facts_all_say_where_and_when(facts: knowledge.Knowledge) -> None:
    for kind in ("parties", "systems", "projects", "chips"):
        for record in facts.table(kind).values():
            for source in record.sources:
                if source.basis == "read":
                    assert source.title and source.read and source.url and source.url.startswith(("http", "pkg:")), (
                        record.id
                    )


@pytest.mark.parametrize(
    ("identity", "steward"), [("u-boot-tools", "denx"), ("rp-pppoe", "self"), ("wolfssl", "wolfssl-inc")]
)
def test_who_decides_about_a_project_was_read(facts: knowledge.Knowledge, identity: str, steward: str) -> None:
    project = facts.software(identity)
    assert project is not None
    fact = facts.fact(project, "steward")
    assert (fact.value, fact.basis in ("read", "derived")) == (steward, True)
    party = facts.party(steward)
    assert party is None or facts.fact(party, "seat").basis == "read"


def test_loading_twice_gives_the_same_digest(facts: knowledge.Knowledge) -> None:
    assert knowledge.load().digest == facts.digest


@settings(max_examples=50, deadline=None)
@given(st.text(max_size=400))
def test_no_text_breaks_a_lookup(text: str) -> None:
    facts = _shared()
    assert facts.country(text) is None or len(facts.country(text) or "") == 2
    for found in (facts.party_by_name(text), facts.chip_by_mpn(text), facts.chip_by_compatible(text)):
        assert found is None or found.id
    facts.software_key(name=text, purl=text, package=text, soname=text)
    assert fold(fold(text[:50])) == fold(text[:50])


@given(st.text(alphabet="0123456789.vV-rc", max_size=40))
def test_version_keys_are_numbers_without_trailing_zeros(text: str) -> None:
    key = version_key(text)
    assert all(isinstance(part, int) for part in key)
    assert not key or key[-1] != 0


def _shared(cache: dict[str, knowledge.Knowledge] = {}) -> knowledge.Knowledge:  # noqa: B006
    return cache.setdefault("one", knowledge.load())


def test_a_number_of_two_vendors_is_nobodys_until_the_list_names_one(tmp_path: Path) -> None:
    ours = overlay(
        tmp_path,
        "chips/a.yaml",
        "- {id: x, name: X, vendor: ti, class: soc, parts: ['BOTH[0-9]']}\n"
        "- {id: y, name: Y, vendor: nxp, class: soc, parts: ['BOTH[0-9]']}\n",
    )
    assert ours.chip_by_mpn("BOTH1") is None
    found = [ours.chip_by_mpn("BOTH1", maker) for maker in ("NXP Semiconductors N.V.", "德州仪器", "Infineon")]
    assert [chip.id if chip else None for chip in found] == ["y", "x", None]


def test_control_is_one_of_three_words(tmp_path: Path) -> None:
    with pytest.raises(KnowledgeError, match="Invalid enum value 'some'"):
        overlay(tmp_path, "parties/a.yaml", "- {id: x, name: X1, owners: [{party: nxp, control: some}]}\n")


@pytest.mark.parametrize(
    ("number", "plain"),
    [
        ("TJA1043T/1J", "TJA1043T"),
        ("ABC/TR", "ABC/TR"),
        ("ABCD/TR", "ABCD"),
        ("A+T", "A+T"),
        (" tja1043t ", "TJA1043T"),
    ],
)
def test_packing_is_cut_off_only_where_a_number_is_left(facts: knowledge.Knowledge, number: str, plain: str) -> None:
    assert facts.spelling.part_number(number) == plain


def test_a_project_that_its_company_gave_up_is_its_communitys(facts: knowledge.Knowledge) -> None:
    gflags, database = facts.software("gflags"), facts.software("berkeley-db")
    assert gflags is not None
    assert (gflags.steward, gflags.owner, gflags.governance) == ("self", None, "community")
    assert database is not None
    assert database.repository == "https://github.com/berkeleydb/libdb"


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("parties/a.yaml", "- {id: y, name: Y1}\n- id: x\n  name: X1\n  seat: XX\n", "knowledge:parties/a.yaml:2: x: 'XX' is no code of countries.yaml"),
        ("chips/a.yaml", "# ours\n- {id: x, name: X, vendor: nobody, class: soc}\n", "knowledge:chips/a.yaml:2: x: there is no party 'nobody'"),
    ],
)  # fmt: skip
def test_what_a_users_folder_brings_is_verified_when_it_is_loaded(
    tmp_path: Path, name: str, text: str, message: str
) -> None:
    overlay(tmp_path, name, text)
    with pytest.raises(KnowledgeError) as error:
        knowledge.load([tmp_path])
    assert str(error.value) == message
