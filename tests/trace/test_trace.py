"""From a component to its owner, license and alternates."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from auditor import knowledge
from auditor.model import Actor, Component, DeclaredAlternate, DeclaredLicense, Evidence, Inventory, Origin
from auditor.trace import trace
from auditor.trace.explain import chain, of_party
from auditor.trace.ownership import Owners

TODAY = date(2026, 11, 24)
OVERLAY = """
- {id: first, name: First Chips, seat: DE, owners: [{party: middle, until: 2024-07-01}, {party: other, since: 2024-07-01}]}
- {id: middle, name: Middle Holding, seat: NL, owners: [{party: top}]}
- {id: top, name: Top Group, zh: 顶层集团, seat: CN, owners: []}
- {id: other, name: Other Group, seat: US, owners: []}
- {id: ring-a, name: Ring A, seat: DE, owners: [{party: ring-b}]}
- {id: ring-b, name: Ring B, seat: FR, owners: [{party: ring-a}]}
- {id: shop, name: Chip Shop, seat: US, distributor: true}
- {id: twin, name: Twin Chips, seat: JP, owners: [{party: other}]}
"""
CHIPS = """
- id: first-soc
  name: FSoC
  vendor: first
  class: soc
  parts: ['FSOC[0-9]{3}']
  compatibles: ['first,soc1']
  sources: [{fields: [vendor], url: 'https://first.example/fsoc', title: FSoC, read: 2026-11-24, says: FSoC by First}]
  fab: [TW]
  assembly: [TW, MY]
- {id: first-can, name: FCAN, vendor: first, class: transceiver, parts: ['FCAN[0-9]{3}'], alternates: [{chip: twin-can, kind: pin-compatible}]}
- {id: twin-can, name: TCAN, vendor: twin, class: transceiver, parts: ['TWCAN[0-9]{3}']}
- {id: first-mcu, name: FMCU, vendor: first, class: mcu, parts: ['FMCU[0-9]{3}'], alternates: [{chip: twin-can, kind: marketed-against}]}
"""


def component(key: str, kind: str = "library", **given: object) -> Component:
    return Component(
        id=key, key=key, kind=kind, layer="middleware", name=str(given.pop("name", key)), ecu="ecu", **given
    )  # type: ignore[arg-type]


def traced(one: Component, facts: knowledge.Knowledge, day: date = TODAY) -> Component:
    return trace(Inventory(inputs=(), artifacts=(), components=(one,)), facts, day).components[0]


def stage(one: Component, name: str) -> list[Origin]:
    return [origin for origin in one.origin if origin.stage == name]


@pytest.fixture(scope="module")
def facts() -> knowledge.Knowledge:
    return knowledge.load()


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> knowledge.Knowledge:
    folder: Path = tmp_path_factory.mktemp("knowledge")
    for name, text in (("parties", OVERLAY), ("chips", CHIPS)):
        (folder / name).mkdir()
        (folder / name / "ours.yaml").write_text(text, encoding="utf-8")
    return knowledge.load([folder], checked=False)


@pytest.mark.parametrize(
    ("version", "owner", "steward", "governance", "license_"),
    [
        ("5.9", "express-logic", "express-logic", "vendor", "LicenseRef-proprietary"),
        ("6.1.12", "microsoft", "microsoft", "vendor", "LicenseRef-proprietary"),
        ("6.4.0", None, "eclipse", "foundation", "MIT"),
        ("6.4.1_rel", None, "eclipse", "foundation", "MIT"),
    ],
)
def test_threadx_changes_hands_by_version(
    facts: knowledge.Knowledge, version: str, owner: str | None, steward: str, governance: str, license_: str
) -> None:
    one = traced(component("threadx", "rtos", version=version), facts)
    assert [origin.party for origin in stage(one, "owner")] == ([owner] if owner else [])
    assert [origin.party for origin in stage(one, "steward")] == [steward]
    assert (one.governance, one.licenses.concluded) == (governance, license_)


def test_threadx_of_unknown_version_is_of_low_confidence(facts: knowledge.Knowledge) -> None:
    one = traced(component("threadx", "rtos"), facts)
    assert {origin.confidence for origin in one.origin} == {"low"}
    assert one.licenses.basis == "stated"


def test_qnx_leads_to_blackberry_with_a_source_per_hop(facts: knowledge.Knowledge) -> None:
    one = traced(component("qnx", "rtos", version="7.1"), facts)
    (owner,) = stage(one, "owner")
    assert (owner.party, owner.country, owner.basis) == ("blackberry", "CA", "read")
    assert any("sec.gov" in source for source in owner.sources)
    steps = chain(one, facts, TODAY)
    assert [step.value for step in steps if step.step == "owned by"] == ["QNX → BlackBerry (CA)"]
    assert all(step.source for step in steps)


def test_parties_of_the_chain_are_in_the_inventory(facts: knowledge.Knowledge) -> None:
    inventory = Inventory(inputs=(), artifacts=(), components=(component("qnx", "rtos"), component("zlib")))
    parties = {party.id: party for party in trace(inventory, facts, TODAY).parties}
    assert parties["qnx"].parent == "blackberry"
    assert (parties["zlib"].kind, parties["zlib"].country) == ("project", None)
    assert list(parties) == sorted(parties)


@pytest.mark.parametrize(
    ("day", "top", "country"), [(date(2024, 6, 30), "top", "CN"), (date(2024, 7, 1), "other", "US")]
)
def test_ownership_is_that_of_the_day(ours: knowledge.Knowledge, day: date, top: str, country: str) -> None:
    one = traced(component("chip:mpn:FSOC100", "chip", mpn="FSOC100"), ours, day)
    assert [(origin.party, origin.country) for origin in stage(one, "owner")] == [(top, country)]
    assert [(origin.party, origin.country) for origin in stage(one, "hq")] == [("first", "DE")]


def test_a_ring_of_owners_ends(ours: knowledge.Knowledge) -> None:
    party = ours.party("ring-a")
    assert party is not None
    assert [step.step for step in of_party(party, ours, TODAY)] == ["party", "owned by", "owned by"]


def test_chip_by_compatible_and_by_part_number_are_the_same_family(facts: knowledge.Knowledge) -> None:
    by_tree = traced(component("chip:fsl,imx8mm", "chip"), facts)
    by_number = traced(component("chip:mpn:MIMX8MM6DVTLZAA", "chip", mpn="MIMX8MM6DVTLZAA"), facts)
    assert [origin.party for origin in stage(by_tree, "owner")] == ["nxp"]
    assert by_tree.origin == by_number.origin


def test_chip_known_by_vendor_prefix_only(facts: knowledge.Knowledge) -> None:
    vote = Evidence("chip:nxp,pca9450", "compatible", "nxp,pca9450", "device_tree", "device-tree", "decisive")
    one = traced(component("chip:nxp,pca9450", "chip", evidence=(vote,)), facts)
    (hq,) = stage(one, "hq")
    assert (hq.party, hq.country, hq.basis) == ("nxp", "NL", "read")
    assert one.knowledge == "parties/nxp"


def test_maker_that_only_a_document_names_never_decides(facts: knowledge.Knowledge) -> None:
    one = traced(component("chip:mpn:XR-77", "chip", mpn="XR-77", manufacturer=Actor("NXP Semiconductors")), facts)
    assert one.origin
    assert {origin.basis for origin in one.origin} == {"stated"}
    assert any("declared:" in source for origin in one.origin for source in origin.sources)


def test_unknown_chip_has_no_origin(facts: knowledge.Knowledge) -> None:
    one = traced(component("chip:mpn:XR-77", "chip", mpn="XR-77"), facts)
    assert one.origin == ()
    assert (one.governance, one.knowledge) == (None, None)


def test_declared_maker_that_contradicts_the_part_number_is_named(ours: knowledge.Knowledge) -> None:
    def contradictions(name: str) -> tuple[str, ...]:
        return traced(component("c", "chip", mpn="FSOC100", manufacturer=Actor(name)), ours).contradictions

    assert contradictions("Texas Instruments Inc.") == (
        "manufacturer: declared 'Texas Instruments Inc.', the part is First Chips's",
    )
    assert contradictions("First Chips GmbH") == ()
    assert contradictions("Other Group") == ()
    assert contradictions("Chip Shop LLC") == ()
    assert contradictions("Nobody Knows Ltd") == ()


def test_whose_a_part_is_on_hearsay_contradicts_nobody(ours: knowledge.Knowledge) -> None:
    one = traced(component("c", "chip", mpn="FMCU100", manufacturer=Actor("Texas Instruments Inc.")), ours)
    assert one.contradictions == ()


@pytest.mark.parametrize(
    ("day", "owner", "basis"), [("2024-01-01", "first", "stated"), ("2024-08-01", "other", "read")]
)
def test_before_its_first_owner_on_record_nobody_said_whose_a_party_was(
    tmp_path: Path, day: str, owner: str, basis: str
) -> None:
    source = "{url: 'https://x.example', title: x, read: 2026-11-24, says: Other bought First}"
    sources = "sources: [{fields: [seat, owners], url: 'https://x.example', title: x, read: 2026-11-24, says: yes}]"
    (tmp_path / "parties").mkdir()
    (tmp_path / "parties" / "x.yaml").write_text(
        f"- {{id: first, name: First, seat: DE, owners: [{{party: other, since: 2024-07-01, source: {source}}}], {sources}}}\n"
        f"- {{id: other, name: Other, seat: US, owners: [], {sources}}}\n",
        encoding="utf-8",
    )
    owners = Owners(knowledge.load([tmp_path], checked=False), date.fromisoformat(day))
    assert [(one.party, one.basis) for one in owners.of("first")] == [(owner, basis)]


def test_country_a_document_states_is_kept_beside_and_never_decides(ours: knowledge.Knowledge) -> None:
    one = traced(component("app", supplier=Actor("Tier One", "P.R. China"), declared_origin="Made in Malaysia"), ours)
    assert [(origin.stage, origin.country, origin.basis) for origin in one.origin] == [
        ("assembly", "MY", "stated"),
        ("hq", "CN", "stated"),
    ]


def test_fab_and_assembly_come_from_the_family(ours: knowledge.Knowledge) -> None:
    one = traced(component("c", "chip", mpn="FSOC100"), ours)
    assert [origin.country for origin in stage(one, "fab")] == ["TW"]
    assert [origin.country for origin in stage(one, "assembly")] == ["MY", "TW"]
    assert one.sourcing is not None
    assert one.sourcing.codes == ("one-maker-exists",), "a country that is only stated gives no code"
    assert one.sourcing.known


def test_commodity_chip_without_declared_alternate_is_not_known(ours: knowledge.Knowledge) -> None:
    one = traced(component("c", "chip", mpn="TWCAN100", declared=True), ours)
    assert one.sourcing is not None
    assert not one.sourcing.known
    assert one.sourcing.codes == ()


def test_alternates_of_one_owner_are_one_source(ours: knowledge.Knowledge) -> None:
    declared = DeclaredAlternate("TWCAN100", "Twin Chips", qualified=True)
    one = traced(component("c", "chip", mpn="FCAN100", declared=True, alternates=(declared,)), ours)
    assert one.sourcing is not None
    assert [(alternate.kind, alternate.party) for alternate in one.sourcing.alternates] == [
        ("declared", "twin"),
        ("pin-compatible", "twin"),
    ]
    assert one.sourcing.codes == (), "ownership that is only stated gives no code"


@pytest.mark.parametrize(
    ("owner", "alternates", "codes"),
    [
        ("other", "read", ("one-owner",)), ("top", "read", ("several-owners",)),
        ("other", "stated", ()), ("top", "stated", ("several-owners",)),
    ],
)  # fmt: skip
def test_owners_that_are_vouched_for_say_whether_brands_are_one_source(
    owner: str, alternates: str, codes: tuple[str, ...], tmp_path: Path
) -> None:
    said = ", sources: [{fields: [seat, owners], who: t, day: 2026-01-01}]}\n"
    parties = OVERLAY.replace(
        "Twin Chips, seat: JP, owners: [{party: other}]", f"Twin Chips, seat: JP, owners: [{{party: {owner}}}]"
    )
    (tmp_path / "parties").mkdir()
    (tmp_path / "chips").mkdir()
    (tmp_path / "parties" / "mine.yaml").write_text(parties.replace("}\n", said), encoding="utf-8")
    sourced = CHIPS.replace(
        "kind: pin-compatible}]}", "kind: pin-compatible}], sources: [{fields: [alternates], who: t, day: 2026-01-01}]}"
    )
    family = sourced if alternates == "read" else CHIPS
    (tmp_path / "chips" / "mine.yaml").write_text(family, encoding="utf-8")
    unqualified = traced(
        component("c", "chip", mpn="FCAN100", declared=True), knowledge.load((tmp_path,), checked=False)
    )
    assert unqualified.sourcing is not None
    assert unqualified.sourcing.codes == ("one-maker-qualified", *codes)


def test_marketed_against_is_no_second_source(ours: knowledge.Knowledge) -> None:
    one = traced(component("c", "chip", mpn="FMCU100"), ours)
    assert one.sourcing is not None
    assert one.sourcing.codes == ("one-maker-exists",)


def licenses(names: tuple[str, ...]) -> tuple[DeclaredLicense, ...]:
    return tuple(DeclaredLicense(name) for name in names)


def test_what_was_seen_beats_what_was_read_beats_what_is_declared(facts: knowledge.Knowledge) -> None:
    declared = traced(component("app", declared_licenses=licenses(("MIT",))), facts).licenses
    assert (declared.concluded, declared.basis, declared.category) == ("MIT", "stated", "permissive")
    read = traced(component("readline", declared_licenses=licenses(("MIT",))), facts)
    assert (read.licenses.concluded, read.licenses.basis) == ("GPL-3.0-or-later", "read")
    assert read.contradictions == ("license: declared MIT, known as GPL-3.0-or-later",)
    both = traced(component("app", declared_licenses=licenses(("MIT",)), observed_licenses=("Zlib",)), facts)
    assert both.contradictions == ("license: declared MIT, found Zlib",)
    seen = traced(component("module:x", observed_licenses=("Dual MIT/GPL",)), facts).licenses
    assert (seen.concluded, seen.category) == ("GPL-2.0-only OR MIT", "permissive")


def test_a_documents_word_may_raise_a_concern_and_never_clear_one(facts: knowledge.Knowledge) -> None:
    def basis(name: str) -> str | None:
        return traced(component("app", declared_licenses=licenses((name,))), facts).licenses.basis

    assert [basis(name) for name in ("proprietary", "GPL-3.0-only", "AGPL-3.0-only")] == ["derived"] * 3
    assert [basis(name) for name in ("MIT", "LGPL-2.1-only", "MIT OR GPL-3.0-only")] == ["stated"] * 3


def test_an_exception_is_no_contradiction(facts: knowledge.Knowledge) -> None:
    one = traced(component("linux", "os-kernel", declared_licenses=licenses(("GPL-2.0-only",))), facts)
    assert one.licenses.concluded == "GPL-2.0-only WITH Linux-syscall-note"
    assert one.contradictions == ()


def test_several_licenses_join_and_unknown_ones_stay_unknown(facts: knowledge.Knowledge) -> None:
    both = traced(component("app", declared_licenses=licenses(("GPL v2", "MIT"))), facts).licenses
    assert (both.concluded, both.category) == ("GPL-2.0-only AND MIT", "strong-copyleft")
    odd = traced(component("app", declared_licenses=licenses(("our terms",))), facts).licenses
    assert (odd.declared, odd.concluded, odd.category) == ("our terms", None, None)
    none = traced(component("app"), facts).licenses
    assert (none.declared, none.concluded, none.basis) == (None, None, None)


def test_license_bomb_is_a_trouble_of_that_component(facts: knowledge.Knowledge) -> None:
    one = traced(component("app", declared_licenses=licenses(("(" * 500 + "MIT" + ")" * 500,))), facts)
    assert one.licenses.concluded is None
    assert one.contradictions == ("license: license expression nested deeper than 64",)


def test_two_runs_are_equal(facts: knowledge.Knowledge) -> None:
    inventory = Inventory(inputs=(), artifacts=(), components=(component("qnx", "rtos"), component("zlib")))
    assert trace(inventory, facts, TODAY) == trace(inventory, knowledge.load(), TODAY)


CONTROL = """
- {id: maker, name: Maker, seat: NL, owners: [{party: holder, until: 2025-10-07}, {party: holder, since: 2025-10-07, control: none}]}
- {id: holder, name: Holder, seat: CN, owners: []}
- {id: pair, name: Pair, seat: DE, owners: [{party: holder, control: joint}, {party: second, control: joint}]}
- {id: second, name: Second, seat: FR, owners: []}
"""


@pytest.mark.parametrize(
    ("party", "day", "owners", "steps"),
    [
        ("maker", date(2025, 10, 6), [("holder", "CN")], ["Maker → Holder (CN)"]),
        (
            "maker",
            date(2025, 10, 7),
            [("holder", "CN"), ("maker", "NL")],
            ["Maker → Holder (CN), shares without control"],
        ),
        (
            "pair",
            TODAY,
            [("holder", "CN"), ("second", "FR")],
            ["Pair → Holder (CN), jointly", "Pair → Second (FR), jointly"],
        ),
    ],
)
def test_shares_without_control(
    tmp_path: Path, party: str, day: date, owners: list[tuple[str, str]], steps: list[str]
) -> None:
    (tmp_path / "parties").mkdir()
    (tmp_path / "parties" / "a.yaml").write_text(CONTROL, encoding="utf-8")
    ours = knowledge.load([tmp_path])
    assert [(one.party, one.country) for one in Owners(ours, day).of(party)] == owners
    record = ours.party(party)
    assert record
    assert [step.value for step in of_party(record, ours, day) if step.step == "owned by"] == steps


def test_a_maker_whose_owner_lost_control_leads_to_both(facts: knowledge.Knowledge) -> None:
    before, after = (Owners(facts, day).of("nexperia") for day in (date(2025, 10, 1), TODAY))
    assert [one.country for one in before] == ["CN"]
    assert [(one.country, one.basis) for one in after] == [("NL", "read"), ("CN", "read")]


PRECEDENCE = {
    "parties/a.yaml": """
- {id: unread, name: Unread Foundation, kind: foundation, seat: US}
- {id: heard, name: Heard Foundation, kind: foundation, seat: US, sources: [{fields: [seat], url: 'https://example.org/h', title: T, read: 2026-11-20, confidence: medium}]}
""",
    "projects/a.yaml": """
- {id: one, name: One, steward: unread, governance: foundation, sources: [{fields: [steward, governance], url: 'https://example.org/a', title: T, read: 2026-11-20}]}
- {id: two, name: Two, steward: heard, governance: foundation, sources: [{fields: [steward, governance], url: 'https://example.org/b', title: T, read: 2026-11-20}]}
- {id: three, name: Three, steward: heard, governance: foundation}
""",
}


@pytest.fixture(scope="module")
def ranked(tmp_path_factory: pytest.TempPathFactory) -> knowledge.Knowledge:
    folder = tmp_path_factory.mktemp("ranked")
    for name, text in PRECEDENCE.items():
        (folder / name).parent.mkdir()
        (folder / name).write_text(text, encoding="utf-8")
    return knowledge.load([folder])


@pytest.mark.parametrize(
    ("key", "basis", "confidence", "read"),
    [("one", "stated", "low", 1), ("two", "read", "medium", 2), ("three", "stated", "low", 1)],
)
def test_a_stewards_seat_is_as_sure_as_the_weaker_of_both_facts(
    ranked: knowledge.Knowledge, key: str, basis: str, confidence: str, read: int
) -> None:
    (steward,) = stage(traced(component(key), ranked), "steward")
    assert (steward.basis, steward.confidence) == (basis, confidence)
    assert sum(source.startswith("https:") for source in steward.sources) == read
    assert any(source.startswith("knowledge:projects/") for source in steward.sources)
    assert any(source.startswith("knowledge:parties/") for source in steward.sources)


def test_a_declared_seat_does_not_stand_beside_a_read_one(facts: knowledge.Knowledge) -> None:
    declared = Actor("Somebody Else Ltd", "P.R. China")
    chip = traced(component("chip:fsl,imx8mm", "chip", manufacturer=declared, supplier=declared), facts)
    assert [(origin.country, origin.basis) for origin in stage(chip, "hq")] == [("NL", "read")]
    assert not any(source.startswith("declared:") for origin in chip.origin for source in origin.sources)


def test_a_declared_seat_stands_beside_a_stated_one(ours: knowledge.Knowledge) -> None:
    chip = traced(component("c", "chip", mpn="FSOC100", manufacturer=Actor("Other Group", "US")), ours)
    assert {(origin.country, origin.basis) for origin in stage(chip, "hq")} == {("DE", "stated"), ("US", "stated")}


def test_a_declared_assembly_does_not_stand_beside_a_read_one(tmp_path: Path) -> None:
    (tmp_path / "chips").mkdir()
    text = "- {id: mine, name: Mine, vendor: nxp, class: soc, parts: ['MINE[0-9]'], assembly: [MY], sources: [{fields: [assembly], who: us, day: 2026-11-20}]}\n"
    (tmp_path / "chips" / "a.yaml").write_text(text, encoding="utf-8")
    ours = knowledge.load([tmp_path])
    one = traced(component("c", "chip", mpn="MINE1", declared_origin="CN"), ours)
    assert [(origin.country, origin.basis) for origin in stage(one, "assembly")] == [("MY", "user")]


def test_a_maker_is_named_before_a_supplier(facts: knowledge.Knowledge) -> None:
    one = traced(component("app", manufacturer=Actor("NXP Semiconductors"), supplier=Actor("Infineon")), facts)
    assert [(origin.party, origin.sources) for origin in stage(one, "hq")] == [
        ("nxp", ("declared:manufacturer NXP Semiconductors",))
    ]


SURE = """
- {id: bare, name: Bare, seat: DE, owners: []}
- {id: seated, name: Seated, seat: DE, owners: [], sources: [{fields: [seat, owners], url: 'https://example.org/s', title: T, read: 2026-11-20, ground: holders}]}
- {id: held, name: Held, seat: DE, owners: [{party: seated}], sources: [{fields: [seat], url: 'https://example.org/t', title: T, read: 2026-11-20}]}
"""
SURE_CHIPS = """
- {id: of-bare, name: A, vendor: bare, class: soc, parts: ['AAAA[0-9]'], sources: [{fields: [vendor], url: 'https://example.org/c', title: T, read: 2026-11-20}]}
- {id: of-seated, name: B, vendor: seated, class: soc, parts: ['BBBB[0-9]'], sources: [{fields: [vendor], url: 'https://example.org/d', title: T, read: 2026-11-20}]}
- {id: of-held, name: C, vendor: held, class: soc, parts: ['CCCC[0-9]'], sources: [{fields: [vendor], url: 'https://example.org/e', title: T, read: 2026-11-20}]}
- {id: unread-maker, name: D, vendor: seated, class: soc, parts: ['DDDD[0-9]']}
"""


@pytest.mark.parametrize(
    ("number", "hq", "owner"),
    [
        ("AAAA1", "stated", "stated"),
        ("BBBB1", "read", "read"),
        ("CCCC1", "read", "stated"),
        ("DDDD1", "stated", "stated"),
    ],
)
def test_a_chain_is_as_sure_as_its_weakest_hop(tmp_path: Path, number: str, hq: str, owner: str) -> None:
    for name, text in (("parties", SURE), ("chips", SURE_CHIPS)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.yaml").write_text(text, encoding="utf-8")
    one = traced(component("c", "chip", mpn=number), knowledge.load([tmp_path]))
    assert [origin.basis for origin in stage(one, "hq")] == [hq]
    assert [origin.basis for origin in stage(one, "owner")] == [owner]


@pytest.mark.parametrize(("qualified", "coded"), [(True, False), (False, True), (None, False)])
def test_only_one_maker_is_qualified_when_the_list_says_so(
    ours: knowledge.Knowledge, qualified: bool | None, coded: bool
) -> None:
    declared = DeclaredAlternate("TWCAN100", "Twin Chips", qualified=qualified)
    one = traced(component("c", "chip", mpn="FCAN100", declared=True, alternates=(declared,)), ours)
    assert one.sourcing
    assert ("one-maker-qualified" in one.sourcing.codes) == coded


def _package(key: str, *names: str) -> Component:
    purls = [f"pkg:deb/debian/{name}@1-1?arch=arm64" for name in names]
    votes = [Evidence(key, "purl", purl, "package_db", "package-database", "decisive") for purl in purls]
    return component(key, name=names[0], purl=purls[0], evidence=tuple(votes), observed=True)


@pytest.mark.parametrize(
    ("key", "packages", "license_"),
    [
        ("audit", ("libaudit1",), "LGPL-2.1-only"),
        ("audit", ("auditd",), "GPL-2.0-only"),
        ("e2fsprogs", ("libcom-err2",), "NTP-0"),
        ("e2fsprogs", ("e2fsprogs", "libcom-err2"), "GPL-2.0-only"),
        ("elfutils", ("libelf1",), "LGPL-3.0-or-later OR GPL-2.0-or-later"),
        ("fuse", ("libfuse3-3",), "LGPL-2.1-only"),
        ("fuse", ("fuse3",), "GPL-2.0-only"),
        ("libmbim", ("libmbim-glib4",), "LGPL-2.0-or-later"),
        ("util-linux", ("libuuid1",), "BSD-3-Clause"),
        ("util-linux", ("libmount1", "libuuid1"), "BSD-3-Clause AND LGPL-2.1-or-later"),
        ("util-linux", ("libmount1", "mount"), "GPL-2.0-or-later"),
    ],
)
def test_a_library_package_is_not_under_the_license_of_the_tools(
    facts: knowledge.Knowledge, key: str, packages: tuple[str, ...], license_: str
) -> None:
    found = traced(_package(key, *packages), facts).licenses
    assert (found.concluded, found.basis) == (license_, "read")
    assert found.category is not None


def test_a_library_without_a_package_is_known_by_its_soname(facts: knowledge.Knowledge) -> None:
    library = component("util-linux", soname="libuuid.so.1", paths=("usr/lib/libuuid.so.1.3.0",), observed=True)
    assert traced(library, facts).licenses.concluded == "BSD-3-Clause"
    tools = component("util-linux", soname="libuuid.so.1", paths=("bin/mount", "usr/lib/libuuid.so.1"), observed=True)
    assert traced(tools, facts).licenses.concluded == "GPL-2.0-or-later"
    assert traced(component("util-linux"), facts).licenses.concluded == "GPL-2.0-or-later"


@pytest.mark.parametrize(
    ("countries", "vouched", "code"),
    [("[TW]", True, True), ("[TW, TW]", True, True), ("[TW, KR]", True, False), ("[TW]", False, False)],
)
def test_one_fab_country_is_one_country(tmp_path: Path, countries: str, vouched: bool, code: bool) -> None:
    (tmp_path / "parties").mkdir()
    (tmp_path / "chips").mkdir()
    (tmp_path / "parties" / "mine.yaml").write_text("- {id: first, name: First Chips, seat: DE}\n", encoding="utf-8")
    said = ", sources: [{fields: [fab], who: t, day: 2026-01-01}]" if vouched else ""
    chips = f"- {{id: f, name: F, vendor: first, class: soc, parts: ['FSOC[0-9]{{3}}'], fab: {countries}{said}}}\n"
    (tmp_path / "chips" / "mine.yaml").write_text(chips, encoding="utf-8")
    one = traced(component("c", "chip", mpn="FSOC100"), knowledge.load([tmp_path]))
    assert one.sourcing is not None
    assert ("one-fab-country" in one.sourcing.codes) is code


def test_a_brand_whose_owner_nobody_read_does_not_make_several_owners(tmp_path: Path) -> None:
    said = "sources: [{fields: [seat, owners], who: t, day: 2026-01-01}]"
    (tmp_path / "parties").mkdir()
    (tmp_path / "chips").mkdir()
    (tmp_path / "parties" / "mine.yaml").write_text(
        f"- {{id: first, name: First Chips, seat: DE, owners: [], {said}}}\n"
        "- {id: twin, name: Twin Chips, seat: JP, owners: []}\n",
        encoding="utf-8",
    )
    (tmp_path / "chips" / "mine.yaml").write_text(
        "- {id: a, name: A, vendor: first, class: transceiver, parts: ['FCAN[0-9]{3}'],"
        " alternates: [{chip: b, kind: pin-compatible}],"
        " sources: [{fields: [alternates], who: t, day: 2026-01-01}]}\n"
        "- {id: b, name: B, vendor: twin, class: transceiver, parts: ['TWCAN[0-9]{3}']}\n",
        encoding="utf-8",
    )
    one = traced(component("c", "chip", mpn="FCAN100"), knowledge.load([tmp_path]))
    assert one.sourcing is not None
    assert not {"one-owner", "several-owners"} & set(one.sourcing.codes)
