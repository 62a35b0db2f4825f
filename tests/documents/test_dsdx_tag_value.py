"""DSDX tag-value in the shape of OpenSCA's template, and what XML Schema cannot say about CycloneDX 1.7."""

from __future__ import annotations

from document_samples import codes, read

TEXT = """Name: demo
DSDXVersion: DSDX-1.0
DSDXID: DSDX-demo-DSDX-1.0-2025-11-05 00:00:00
Creator: Tool: example
CreateTime: 2025-11-05 00:00:00
ProjectName: gateway


ComponentName: zlib
ComponentGroup: madler
ComponentVersion: 1.3
ComponentLanguage: C
ComponentLicenses: [&#34;Zlib&#34;]
ComponentID: DSDX-1


ComponentName: app
ComponentGroup:
ComponentVersion: 2
ComponentLanguage: C
ComponentLicenses: ["MIT"]
ComponentID: DSDX-2

Dependencies: {"DSDX-2":["DSDX-1"]}
"""


def test_every_fact_of_the_template_is_read():
    document = read(TEXT, "a.dsdx")
    assert (document.format, document.version, document.subject.name) == ("dsdx-tag-value", "1.0", "gateway")
    zlib, app = document.components
    assert (zlib.name, zlib.group, zlib.version, zlib.licenses[0].value) == ("zlib", "madler", "1.3", "Zlib")
    assert (zlib.pointer, app.licenses[0].value) == ("line 9", "MIT")
    assert document.dependencies == (("DSDX-2", "DSDX-1"),)
    assert not document.problems


def test_broken_lines_are_problems_with_their_line():
    document = read(TEXT.replace('{"DSDX-2":', '{"DSDX-2"').replace("ComponentLanguage: C", "no tag", 1), "a.dsdx")
    assert codes(document) == ["bad-line", "bad-line"]
    assert [one.pointer for one in document.problems] == ["line 12", "line 24"]
    assert len(document.components) == 2


def test_the_spelling_the_program_writes_names_the_project():
    document = read('{"dsdx_version": "DSDX-1.0", "project_naem": "gateway", "components": []}')
    assert (document.subject.name, document.subject.pointer) == ("gateway", "/project_naem")


def version_range(attribute: str) -> bytes:
    return (
        '<?xml version="1.0"?>\n<bom xmlns="http://cyclonedx.org/schema/bom/1.7" version="1"><components>\n'
        f'<component type="library"{attribute}><name>a</name>\n<versionRange>vers:pypi/1.0</versionRange></component>'
        "</components></bom>"
    ).encode()


def test_a_version_range_of_a_component_that_is_not_external_is_a_violation():
    assert [one.pointer for one in read(version_range("")).violations] == ["line 4"]
    assert len(read(version_range(' isExternal="false"')).violations) == 1
    assert not read(version_range(' isExternal="true"')).violations


def test_an_empty_provider_is_absence():
    document = read(
        b'<bom xmlns="http://cyclonedx.org/schema/bom/1.6" version="1"><services><service><provider>\n </provider>'
        b"<name>a</name></service></services></bom>"
    )
    assert "bad-actor" not in codes(document)
