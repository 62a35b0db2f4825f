"""What dependencies of CycloneDX say beside `dependsOn`: nested dependencies of XML, and what a component provides."""

from __future__ import annotations

from document_samples import codes, cyclonedx, read

PARTS = "".join(f'<component type="library" bom-ref="{ref}"><name>{ref}</name></component>' for ref in "abcd")


def xml(dependencies: str, version: str = "1.6") -> bytes:
    space = f"http://cyclonedx.org/schema/bom/{version}"
    body = f"<components>{PARTS}</components><dependencies>{dependencies}</dependencies>"
    return f'<?xml version="1.0"?>\n<bom xmlns="{space}" version="1">{body}</bom>'.encode()


def test_dependencies_nested_in_others_are_edges() -> None:
    inner = '<dependency ref="b"><dependency ref="c"><dependency ref="d"/></dependency></dependency>'
    found = read(xml(f'<dependency ref="a">{inner}</dependency><dependency ref="b"><dependency ref="d"/></dependency>'))
    assert found is not None
    assert set(found.dependencies) == {("a", "b"), ("b", "c"), ("c", "d"), ("b", "d")}


def test_a_dependency_nested_deep_is_walked_without_recursion() -> None:
    text = "".join(f'<dependency ref="{"ab"[depth % 2]}">' for depth in range(40)) + "</dependency>" * 40
    found = read(xml(text))
    assert found is not None
    assert set(found.dependencies) == {("a", "b"), ("b", "a")}
    assert "dependency-cycle" in codes(found)


def test_what_a_component_provides_is_kept() -> None:
    parts = [{"type": "library", "name": ref, "bom-ref": ref} for ref in "abcd"]
    tree = [{"ref": "a", "dependsOn": ["b"], "provides": ["c", "d"]}]
    as_json = read(cyclonedx(components=parts, dependencies=tree))
    as_xml = read(xml('<dependency ref="a"><dependency ref="b"/><provides ref="c"/><provides ref="d"/></dependency>'))
    for found in (as_json, as_xml):
        assert found is not None
        assert found.components[0].properties == (("cyclonedx:provides", "c"), ("cyclonedx:provides", "d"))
        assert found.dependencies == (("a", "b"),)
        assert codes(found) == []
    assert as_xml is not None and as_xml.violations == ()


def test_what_the_subject_provides_is_kept() -> None:
    subject = {"type": "application", "name": "s", "bom-ref": "s"}
    parts = [{"type": "library", "name": "a", "bom-ref": "a"}]
    found = read(
        cyclonedx(metadata={"component": subject}, components=parts, dependencies=[{"ref": "s", "provides": ["a"]}])
    )
    assert found is not None and found.subject is not None
    assert found.subject.properties == (("cyclonedx:provides", "a"),)


def test_what_is_provided_and_nowhere_is_said() -> None:
    parts = [{"type": "library", "name": "a", "bom-ref": "a"}]
    tree = [{"ref": "a", "dependsOn": [], "provides": ["gone", 7]}]
    found = read(cyclonedx(components=parts, dependencies=tree))
    assert found is not None
    assert [(one.code, one.pointer) for one in found.problems] == [
        ("wrong-type", "/dependencies/0/provides"),
        ("dangling-ref", "/dependencies/0/provides"),
    ]
