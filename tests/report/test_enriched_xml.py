"""Enriched CycloneDX XML stays valid, says what was inserted, and keeps every byte around it."""

from __future__ import annotations

import difflib
from pathlib import Path

import pytest

from auditor.identify.documents import schemas, xml_text
from auditor.limits import Limits
from auditor.report.enrich_xml import insert

FOLDER = Path(__file__).parents[2] / "fixtures" / "boms" / "cyclonedx-xml"
NEW = [("auditor:kind", "a & <b> \"c\" 'd'")]


def lines_of_components(root):
    waiting = [root]
    while waiting:
        node = waiting.pop()
        if node.name == "component":
            yield f"line {node.line}", node
        waiting += node.children


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.xml")), ids=lambda path: path.name)
def test_published_documents(path):
    data = path.read_bytes()
    root = xml_text.parse(data, Limits())
    version = root.namespace.rsplit("/", 1)[-1]
    enriched = insert(data, {line: NEW for line, _ in lines_of_components(root)}, Limits())
    if version in ("1.0", "1.1", "1.2"):
        assert enriched is None
        return
    before, after = (schemas.cyclonedx_xml(xml_text.decode(text), version) for text in (data, enriched))
    assert len(after) == len(before)
    for _, component in lines_of_components(xml_text.parse(enriched, Limits())):
        values = [(one.attributes["name"], one.text) for one in component.child("properties").children]
        assert NEW[0] in values
    operations = difflib.SequenceMatcher(None, data.split(b"<"), enriched.split(b"<"), autojunk=False).get_opcodes()
    assert {kind for kind, *_ in operations} <= {"equal", "insert"}


def test_prefixed_names_and_components_that_share_a_line():
    text = (
        '<?xml version="1.0"?>\n<x:bom xmlns:x="http://cyclonedx.org/schema/bom/1.6"><x:components>\n'
        '<x:component type="library"><x:name>a</x:name><x:components/></x:component>\n'
        '<x:component type="library"><x:name>b</x:name></x:component>'
        '<x:component type="library"><x:name>c</x:name></x:component>\n</x:components></x:bom>'
    )
    enriched = insert(text.encode(), {"line 2": NEW, "line 3": NEW}, Limits())
    assert enriched is not None
    assert schemas.cyclonedx_xml(xml_text.decode(enriched), "1.6") == ()
    assert enriched.count(b"x:property ") == 1
