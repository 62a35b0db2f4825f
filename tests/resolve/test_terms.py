"""Libraries of a project under other terms than its programs are components of their own, of the same project."""

from __future__ import annotations

from datetime import date

from auditor.knowledge import load
from auditor.model import Component, Declared, Document, Evidence, Examination, Input, Inventory
from auditor.resolve import resolve
from auditor.trace import trace

KNOWLEDGE = load()
LIBRARIES = {"libmount": "LGPL-2.1-or-later", "libuuid": "BSD-3-Clause"}


def vote(subject: str, claim: str, value: str, path: str, method: str = "soname") -> Evidence:
    return Evidence(subject, claim, value, "t", method, "decisive", path=path, artifact="0" * 64)


def library(stem: str, version: str = "") -> list[Evidence]:
    path = f"lib/{stem}.so.1.1.0"
    facts = [("name", "util-linux"), *([("version", version)] if version else [])]
    votes = [vote("util-linux", claim, value, path) for claim, value in facts]
    return [*votes, vote(f"file:{path}", "soname", f"{stem}.so.1", path)]


def program() -> list[Evidence]:
    facts = (("name", "util-linux"), ("version", "2.38.1"), ("purl", "pkg:generic/util-linux@2.38.1"))
    return [vote("util-linux", claim, value, "bin/mount") for claim, value in facts]


def audit(*evidence: Evidence, said: tuple[Declared, ...] = ()) -> Inventory:
    one = Input(id="i", path="x", type="t", size=1, sha256="", ecu="E")
    papers = (Document(format="f", version="1", subject=None, components=said, sha256="d"),) if said else ()
    look = Examination(evidence=evidence, documents=papers)
    return trace(resolve([one], [look], KNOWLEDGE), KNOWLEDGE, date(2026, 11, 24))


def by_key(inventory: Inventory) -> dict[str, Component]:
    return {one.key: one for one in inventory.components}


def test_each_library_has_its_own_license_and_the_projects_record() -> None:
    found = by_key(audit(*program(), *library("libmount", "2.38.1"), *library("libuuid")))
    assert sorted(found) == ["util-linux", "util-linux#libmount", "util-linux#libuuid"]
    assert found["util-linux"].licenses.concluded == "GPL-2.0-or-later"
    assert found["util-linux"].paths == ("bin/mount",)
    for stem, license_ in LIBRARIES.items():
        part = found[f"util-linux#{stem}"]
        assert (part.name, part.kind, part.knowledge) == (stem, "library", "projects/util-linux")
        assert part.licenses.concluded == license_
        assert part.paths == (f"lib/{stem}.so.1.1.0",)
    assert found["util-linux#libmount"].version == "2.38.1"
    assert (found["util-linux#libuuid"].version, found["util-linux#libuuid"].purl) == (
        None,
        "pkg:generic/util-linux#libuuid",
    )


def test_libraries_under_different_terms_part_without_the_programs_too() -> None:
    assert sorted(by_key(audit(*library("libmount"), *library("libuuid")))) == [
        "util-linux#libmount",
        "util-linux#libuuid",
    ]


def test_one_library_alone_stays_the_project_under_its_terms() -> None:
    found = by_key(audit(*library("libuuid")))
    assert [(key, one.licenses.concluded) for key, one in found.items()] == [("util-linux", "BSD-3-Clause")]


def test_packages_divide_like_files() -> None:
    status = "var/lib/dpkg/status"
    votes = [
        vote(f"deb:{name}", "purl", f"pkg:deb/{name}@2.38.1-5", status, "package-database")
        for name in ("libuuid1", "mount")
    ]
    found = by_key(audit(*votes))
    assert {key: one.purl for key, one in found.items()} == {
        "util-linux": "pkg:deb/mount@2.38.1-5",
        "util-linux#libuuid": "pkg:deb/libuuid1@2.38.1-5",
    }


def test_a_declared_library_is_that_library() -> None:
    said = Declared(pointer="/0", name="libuuid1", version="2.38.1", purl="pkg:deb/debian/libuuid1@2.38.1-5")
    inventory = audit(*program(), *library("libuuid"), said=(said,))
    assert {key: one.declared for key, one in by_key(inventory).items()} == {
        "util-linux": False,
        "util-linux#libuuid": True,
    }


def test_who_declares_the_project_declares_its_libraries() -> None:
    said = Declared(pointer="/0", name="util-linux", version="2.38.1")
    inventory = audit(*program(), *library("libmount", "2.38.1"), *library("libuuid"), said=(said,))
    assert all(one.declared and one.observed for one in inventory.components)
    assert {row.class_ for row in inventory.comparison} <= {"confirmed", "version-unknown"}
    assert by_key(inventory)["util-linux#libuuid"].licenses.concluded == "BSD-3-Clause"
