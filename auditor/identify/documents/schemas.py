"""Validation against the official schemas that ship with cyclonedx-python-lib, and against `spdx_rules`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any

from auditor.identify.documents.notes import shown
from auditor.model import Problem

MOST = 100
"""Violations listed per document; the last one says that there are more."""
CODE = "schema-violation"
JSON_VERSIONS = ("1.2", "1.3", "1.4", "1.5", "1.6", "1.7")


def _folder() -> Path:
    from cyclonedx import schema

    return Path(schema.__file__).parent / "_res"


def _load(name: str) -> Any:
    return json.loads((_folder() / name).read_text(encoding="utf-8"))


@cache
def json_validator(version: str) -> Any:
    """Return the compiled validator of a CycloneDX version, formats on, nothing fetched."""
    import jsonschema_rs

    names = ("spdx", "jsf-0.82", "cryptography-defs")
    shared = [(f"http://cyclonedx.org/schema/{name}.SNAPSHOT.schema.json", name) for name in names]
    resources: list[tuple[str, Any]] = [(address, _load(f"{name}.SNAPSHOT.schema.json")) for address, name in shared]
    resources += [
        (address.replace(".SNAPSHOT", ""), content)
        for (address, _), (_, content) in zip(shared, resources, strict=True)
    ]
    registry = jsonschema_rs.Registry(resources)
    schema = _load(f"bom-{version}.SNAPSHOT.schema.json")
    return jsonschema_rs.validator_for(schema, validate_formats=True, registry=registry)


def cyclonedx_json(tree: Any, version: str, base: str) -> tuple[Problem, ...]:
    """Return what in a tree violates the schema of its version."""
    if version not in JSON_VERSIONS:
        return (Problem(code=CODE, message=f"CycloneDX {version} has no JSON form", pointer=f"{base}/specVersion"),)
    try:
        errors = json_validator(version).iter_errors(tree)
        return collected((short(error.message), pointer(base, error.instance_path)) for error in errors)
    except ValueError as error:  # the tree holds what the validator cannot take (numbers out of its range)
        return (Problem(code=CODE, message=short(str(error)), pointer=base),)


def collected(found: Iterator[tuple[str, str | None]]) -> tuple[Problem, ...]:
    """Return the first violations as problems, in the order of the document."""
    problems = [Problem(code=CODE, message=message, pointer=where) for message, where in islice(found, MOST + 1)]
    if len(problems) > MOST:
        problems[MOST] = Problem(code=CODE, message="more violations than are listed", value=MOST)
    return tuple(problems)


def short(message: str) -> str:
    """Return a message on one line, bounded (validators quote whole values)."""
    return shown(message, 300)[1:-1]


def pointer(base: str, path: list[str | int]) -> str:
    """Return a JSON pointer."""
    return base + "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in path)


@cache
def xml_schema(version: str) -> Any:
    """Return the compiled XML schema of a CycloneDX version."""
    from lxml import etree

    return etree.XMLSchema(file=(_folder() / f"bom-{version}.SNAPSHOT.xsd").as_uri())


def cyclonedx_xml(text: str, version: str) -> tuple[Problem, ...]:
    """Return what in a document (checked by `xml_text` before) violates the schema of its version."""
    from lxml import etree

    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    schema = xml_schema(version)
    try:
        root = etree.fromstring(text.encode(), parser)
    except etree.XMLSyntaxError as error:
        return (Problem(code=CODE, message=short(f"not checked: {error}")),)
    found = [] if schema.validate(root) else [(short(one.message), f"line {one.line}") for one in schema.error_log]
    return collected(iter([*found, *version_ranges(root)]))


def version_ranges(root: Any) -> Iterator[tuple[str, str | None]]:
    """Yield what 1.7 demands of `versionRange` and XML Schema 1.0 cannot say."""
    for node in root.iter("{*}versionRange"):
        if (node.getparent() is not None) and node.getparent().get("isExternal") not in ("true", "1"):
            yield "versionRange is for external components only", f"line {node.sourceline}"
