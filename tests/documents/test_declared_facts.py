"""What documents declare arrives in the records: origin, licenses, devices, models, wrappers, bad fields."""

from __future__ import annotations

import base64
import json

import pytest
from document_samples import codes, cyclonedx, read

from auditor.identify.documents.notes import Unreadable
from auditor.model import Actor, DeclaredLicense

SPDX = {
    "spdxVersion": "SPDX-2.3",
    "SPDXID": "SPDXRef-DOCUMENT",
    "name": "ecu",
    "dataLicense": "CC0-1.0",
    "documentNamespace": "https://example.org/ecu",
    "creationInfo": {"created": "2026-01-01T00:00:00Z", "creators": ["Tool: t-1"]},
    "packages": [
        {
            "SPDXID": "SPDXRef-a",
            "name": "a",
            "versionInfo": "1",
            "supplier": "Organization: Example (mail@example.org)",
            "downloadLocation": "NOASSERTION",
            "licenseDeclared": "NOASSERTION",
            "licenseConcluded": "MIT",
        },
        {"SPDXID": "SPDXRef-b", "name": "b", "supplier": "NOASSERTION", "licenseDeclared": "NOASSERTION"},
    ],
    "relationships": [
        {"spdxElementId": "SPDXRef-b", "relationshipType": "DEPENDENCY_OF", "relatedSpdxElement": "SPDXRef-a"}
    ],
}
TAG_VALUE = """\
SPDXVersion: SPDX-2.3
SPDXID: SPDXRef-DOCUMENT
DocumentName: ecu
PackageName: a
SPDXID: SPDXRef-a
PackageVersion: 1
PackageSupplier: Organization: Example (mail@example.org)
PackageLicenseDeclared: NOASSERTION
PackageLicenseConcluded: MIT
PackageComment: <text>several
PackageName: not a package
lines</text>
PackageName: b
SPDXID: SPDXRef-b
PackageSupplier: NOASSERTION
PackageLicenseDeclared: NOASSERTION
Relationship: SPDXRef-b DEPENDENCY_OF SPDXRef-a
"""


def test_device_with_origin():
    device = {
        "type": "device",
        "name": "AB1234",
        "bom-ref": "u1",
        "manufacturer": {"name": "Maker", "address": {"country": "Germany"}},
        "supplier": {"name": "Seller", "url": ["https://seller.example"], "address": {"country": "NL"}},
        "properties": [
            {"name": "cdx:device:quantity", "value": "2"},
            {"name": "cdx:device:location", "value": "U1, U2"},
            {"name": "cdx:device:countryOfOrigin", "value": "MY"},
        ],
    }
    (one,) = read(cyclonedx(components=[device])).components
    assert one.manufacturer == Actor(name="Maker", country="Germany")
    assert one.supplier == Actor(name="Seller", country="NL", url="https://seller.example")
    assert (one.mpn, one.quantity, one.designators, one.country_of_origin) == ("AB1234", 2.0, ("U1", "U2"), "MY")


def test_licenses_keep_who_says_so():
    component = {
        "type": "library",
        "name": "x",
        "licenses": [
            {"license": {"id": "MIT", "acknowledgement": "concluded"}},
            {"license": {"name": "Own license"}},
        ],
    }
    one, two = read(
        cyclonedx(components=[component, {"type": "library", "name": "y", "licenses": [{"expression": "MIT OR ISC"}]}])
    ).components
    assert one.licenses == (DeclaredLicense("MIT", "concluded"), DeclaredLicense("Own license"))
    assert two.licenses == (DeclaredLicense("MIT OR ISC"),)


def test_nesting_models_evidence_and_services():
    document = read(
        cyclonedx(
            metadata={"component": {"type": "firmware", "name": "ecu", "bom-ref": "root"}},
            components=[
                {
                    "type": "machine-learning-model",
                    "name": "net",
                    "bom-ref": "net",
                    "modelCard": {"modelParameters": {"task": "detection", "datasets": [{"ref": "set"}]}},
                    "components": [
                        {
                            "type": "data",
                            "name": "set",
                            "bom-ref": "set",
                            "evidence": {"occurrences": [{"location": "/d/set"}]},
                        }
                    ],
                },
                {"type": "library", "name": "ext", "isExternal": True, "versionRange": "vers:generic/>=1"},
            ],
            services=[{"name": "cloud", "bom-ref": "s", "provider": {"name": "Host", "address": {"country": "IE"}}}],
        )
    )
    net, data, ext, cloud = document.components
    assert document.subject.name == "ecu"
    assert ("cyclonedx:modelCard:dataset", "set") in net.properties
    assert (data.parent, data.pointer, data.paths) == ("net", "/components/0/components/0", ("/d/set",))
    assert dict(ext.properties) == {"cyclonedx:isExternal": "true", "cyclonedx:versionRange": "vers:generic/>=1"}
    assert (cloud.type, cloud.supplier) == ("service", Actor(name="Host", country="IE"))


def test_one_bad_field_never_loses_the_record():
    bad = {
        "type": "library",
        "name": "x",
        "version": 3,
        "purl": "not a purl",
        "cpe": "cpe:" + ":" * 99,
        "licenses": [{"license": {}}, 7],
        "hashes": [{"alg": "MD5", "content": "xyz"}],
        "supplier": "just a name",
        "vendorKey": 1,
    }
    document = read(cyclonedx(components=[bad, 5, {"type": "library"}, {"type": "library", "name": "good"}]))
    assert [one.name for one in document.components] == ["x", "", "good"]
    assert document.components[0].version == "3"
    assert document.components[0].supplier == Actor(name="just a name")
    assert document.unknown_keys == 1
    assert sorted(set(codes(document))) == [
        "bad-actor", "bad-cpe", "bad-hash", "bad-license", "bad-purl", "missing-name", "wrong-type",
    ]  # fmt: skip
    assert document.violations
    assert all(problem.pointer for problem in document.problems)


@pytest.mark.parametrize(
    "purl", ["pkg:generic/../../x@1", "pkg:generic/%2e%2e/%2e%2e/x", "pkg:generic/x%00y", "pkg:" + "a" * 9999]
)
def test_hostile_package_urls_are_said(purl):
    assert codes(read(cyclonedx(components=[{"type": "library", "name": "x", "purl": purl}]))) == ["bad-purl"]


def spdx_facts(document):
    return (
        [(one.ref, one.name, one.version, one.supplier, one.licenses, one.unknowns) for one in document.components],
        document.dependencies,
    )


def as_yaml(tree):
    import yaml

    return yaml.safe_dump(tree)


def test_notations_of_spdx_agree():
    document = read(json.dumps(SPDX))
    assert spdx_facts(document) == (
        [
            ("SPDXRef-a", "a", "1", Actor(name="Example"), (DeclaredLicense("MIT", "concluded"),), ()),
            ("SPDXRef-b", "b", None, None, (), ("supplier", "license")),
        ],
        (("SPDXRef-a", "SPDXRef-b"),),
    )
    assert spdx_facts(read(TAG_VALUE)) == spdx_facts(document)
    assert spdx_facts(read(as_yaml(SPDX))) == spdx_facts(document)
    assert document.violations and dict(document.elements)["license"] == "declaredUnknown"


def test_wrappers_are_opened():
    inner = json.loads(cyclonedx(components=[{"type": "library", "name": "x"}]))
    statement = {
        "_type": "https://in-toto.io/Statement/v1",
        "predicateType": "https://cyclonedx.org/bom",
        "predicate": inner,
    }
    payload = base64.b64encode(json.dumps(statement).encode()).decode()
    envelope = {"payloadType": "application/vnd.in-toto+json", "payload": payload, "signatures": []}
    assert read(json.dumps(statement)).components[0].pointer == "/predicate/components/0"
    assert read(json.dumps(envelope)).components[0].name == "x"
    assert read(json.dumps({"sbom": SPDX})).components[0].pointer == "/sbom/packages/0"
    with pytest.raises(Unreadable):
        read(
            json.dumps(
                {"payloadType": "application/vnd.cyclonedx+json", "payload": "%%%", "x": "bomFormat", "bomFormat": 1}
            )
        )


def test_dsdx():
    document = read(
        json.dumps(
            {
                "dsdx_version": "DSDX-1.0",
                "project_name": "p",
                "components": [{"id": "1", "group": "g", "name": "n", "version": "2", "license": ["MIT"]}],
                "dependencies": {"1": []},
            }
        )
    )
    (one,) = document.components
    assert (document.format, one.group, one.name, one.version, one.licenses) == (
        "dsdx-json", "g", "n", "2", (DeclaredLicense("MIT"),),
    )  # fmt: skip


def test_unknown_versions_are_refused_with_a_word():
    for data in (cyclonedx(specVersion="1.99"), json.dumps({**SPDX, "spdxVersion": "SPDX-9.0"})):
        with pytest.raises(Unreadable) as caught:
            read(data)
        assert caught.value.code == "unsupported-document"


def test_open_text_of_tag_value_ends():
    document = read(TAG_VALUE + "PackageComment: <text>" + "<text>" * 100_000)
    assert "truncated" in codes(document)


def test_the_older_shape_of_spdx_is_read():
    package = {"name": "a", "id": "SPDXRef-a", "versionInfo": "1"}
    old = {"Document": {"spdxVersion": "SPDX-2.1", "name": "d", "documentDescribes": [{"Package": package}]}}
    for text in (json.dumps(old), as_yaml(old)):
        assert [(one.name, one.version, one.ref) for one in read(text).components] == [("a", "1", "SPDXRef-a")]


def test_protobuf_gets_a_clear_word():
    for data in (b"\x0a\x031.6\x10\x01\x1a\x24urn:uuid:", b'# proto\nspec_version: "1.7"\nversion: 1\n'):
        with pytest.raises(Unreadable) as caught:
            read(data)
        assert caught.value.code == "unsupported-document"


def test_provisional_keys_are_carried_and_counted_as_unknown():
    component = {
        "type": "library",
        "name": "x",
        "supplier": {"supplierName": "Example", "area": "China", "supplierType": "agent"},
        "selfDevelopedProportion": "80%",
        "disruptions": [{"id": "1", "type": "end-of-support", "description": "ends 2027"}],
    }
    document = read(cyclonedx(components=[component]))
    (one,) = document.components
    assert one.supplier == Actor(name="Example", country="China")
    assert dict(one.properties) == {
        "cyclonedx:provisional:selfDevelopedProportion": "80%",
        "cyclonedx:provisional:disruption": "ends 2027",
    }
    assert document.unknown_keys == 2
