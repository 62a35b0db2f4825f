"""What a build's own lists say is declared; only bytes make it observed."""

from __future__ import annotations

from pathlib import Path

import pytest

from auditor.identify import identify
from auditor.identify.sample import Sample
from auditor.knowledge import load
from auditor.limits import Limits
from auditor.model import Artifact, Component, Declared, Document, Evidence, Examination, Input, Inventory
from auditor.resolve import resolve
from auditor.unpack.plain import sniff
from auditor.unpack.view import View

KNOWLEDGE = load()
LISTS = {
    "west.yml": "manifest:\n  projects:\n  - {name: body-door, revision: v1.4.0}\n",
    "repo.xml": '<manifest>\n <project name="own/body-door" revision="refs/tags/v1.4.0"/>\n</manifest>\n',
    "image.manifest": "body-door cortexa53 1.4.0-r3.1\n",
    "license.manifest": "PACKAGE NAME: body-door\nPACKAGE VERSION: 1.4.0-r0\nLICENSE: Zlib\n\n",
    "manifest.csv": '"PACKAGE","VERSION","LICENSE"\nbody-door,1.4.0,Zlib\n',
    "compile_commands.json": '[\n{"file": "/src/vendor/body-door/lock.c"}]',
}


def audit(files: dict[str, str], evidence: list[Evidence] = [], documents: list[Document] = []) -> Inventory:  # noqa: B006
    """Identify text files of one controller and resolve them with further votes and documents."""
    votes = list(evidence)
    for path, text in files.items():
        view = View(text.encode())
        artifact = Artifact(id="0" * 64, path=path, kind="file", size=view.size, format=sniff(view))
        result = identify(Sample(artifact, view, Limits()))
        assert not result.problems
        votes += result.evidence
    one = Input(id="i", path="x", type="t", size=1, sha256="", ecu="E")
    return resolve([one], [Examination(evidence=tuple(votes), documents=tuple(documents))], KNOWLEDGE)


def only(inventory: Inventory) -> Component:
    assert len(inventory.components) == 1, [one.key for one in inventory.components]
    return inventory.components[0]


@pytest.mark.parametrize("name", sorted(LISTS))
def test_a_listed_module_is_declared_and_not_observed(name: str) -> None:
    found = only(audit({f"opt/{name}": LISTS[name]}))
    assert (found.declared, found.observed, found.paths, found.linkage) == (True, False, (), None)
    assert found.version == (None if name == "compile_commands.json" else "1.4.0")
    assert all(vote.line or vote.pointer for vote in found.evidence), "the place in the list is lost"


def test_a_listed_license_is_declared() -> None:
    found = only(audit({"license.manifest": LISTS["license.manifest"]}))
    assert ([one.value for one in found.declared_licenses], found.observed_licenses) == (["Zlib"], ())


def test_what_is_listed_and_seen_is_both_and_a_difference_is_told() -> None:
    seen = [
        Evidence("body-door", claim, value, "t", "string", "decisive", path="bin/door", artifact="0" * 64)
        for claim, value in (("name", "body-door"), ("version", "1.3.9"))
    ]
    found = only(audit({"west.yml": LISTS["west.yml"]}, seen))
    assert (found.declared, found.observed, found.version, found.paths) == (True, True, "1.3.9", ("bin/door",))
    assert found.contradictions == ("version: declared 1.4.0, observed 1.3.9",)


def test_a_list_confirms_no_bill_of_materials() -> None:
    said = Declared(pointer="/components/0", name="body-door", version="1.4.0")
    other = Evidence("zlib", "name", "zlib", "t", "string", "decisive", path="lib/libz.so.1", artifact="0" * 64)
    bill = Document(format="f", version="1", subject=None, components=(said,), sha256="d")
    inventory = audit({"west.yml": LISTS["west.yml"]}, [other], [bill])
    rows = {row.component: row.class_ for row in inventory.comparison}
    names = {one.name: rows[one.id] for one in inventory.components}
    assert names == {"body-door": "only-declared", "zlib": "only-observed"}


def test_a_configuration_names_no_operating_system_that_runs() -> None:
    text = "#\n# Automatically generated file; DO NOT EDIT.\n# Linux/arm64 6.1.176 Kernel Configuration\n#\n"
    found = only(audit({str(Path("boot") / "config-6.1.0"): text}))
    assert (found.key, found.version, found.declared, found.observed) == ("linux", "6.1.176", True, False)
