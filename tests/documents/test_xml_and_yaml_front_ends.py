"""The strict front ends for XML and YAML: no document type, no entity, no alias, no depth."""

from __future__ import annotations

import pytest
from document_samples import codes, read
from hypothesis import given
from hypothesis import strategies as st

from auditor.identify.documents import xml_text
from auditor.identify.documents.notes import Unreadable
from auditor.limits import Limits

BOM = '<bom xmlns="http://cyclonedx.org/schema/bom/1.6" version="1">{}</bom>'
ONE = "<components><component type='library'><name>{}</name></component></components>"
ENTITIES = "<!DOCTYPE bom [" + "".join(f'<!ENTITY a{i} "{f"&a{i - 1};" * 10}">' for i in range(1, 12)) + "]>"
EXTERNAL = '<!DOCTYPE bom [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
PARAMETER = '<!DOCTYPE bom SYSTEM "http://127.0.0.1:9/e.dtd">'
LONG = '<!DOCTYPE bom [<!ENTITY a "' + "a" * 100_000 + '">]>'
RDF = '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:s="http://spdx.org/rdf/terms#"/>'


@pytest.mark.parametrize("prolog", [ENTITIES, EXTERNAL, PARAMETER, LONG, "<!-- c --><?pi x?>" + EXTERNAL])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-le", "utf-8-sig"])
@pytest.mark.parametrize(
    "body", [BOM.format(ONE.format("&x;")), "<Document><spdxVersion>SPDX-2.3</spdxVersion></Document>", RDF]
)
def test_a_document_type_is_refused_before_parsing(prolog, encoding, body):
    if "SPDX" in body or body is RDF:
        prolog = prolog.replace("DOCTYPE bom", "DOCTYPE " + body[1:].split(" ")[0].split(">")[0])
    with pytest.raises(Unreadable) as caught:
        read(('<?xml version="1.0"?>' + prolog + body).encode(encoding))
    assert caught.value.code == "xml-dtd"


def test_an_encoding_that_hides_markup_is_refused():
    hidden = "+ADwAIQ-DOCTYPE bom+AD4-" + BOM.format("").replace("<", "+ADw-").replace(">", "+AD4-")
    with pytest.raises(Unreadable) as caught:
        read('<?xml version="1.0" encoding="UTF-7"?>' + hidden)
    assert caught.value.code == "encoding"


def test_a_document_type_inside_text_is_text():
    text = "<![CDATA[<!DOCTYPE html>]]>"
    document = read(
        BOM.format(
            ONE.format("page") + f"<!-- <!DOCTYPE x> --><properties><property name='p'>{text}</property></properties>"
        )
    )
    assert [one.name for one in document.components] == ["page"]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (BOM.format("<components>" * 100_000), "limit-document-depth"),
        (
            BOM.format("<components/>").replace(' version="1"', " " + " ".join(f'a{i}="1"' for i in range(5000))),
            "limit-attributes",
        ),
        (BOM.format("").replace("1.6", "1.6" + "1" * 3_000_000), "limit-string-size"),
        (BOM.format(ONE.format("a" * 2_000_000)), "limit-string-size"),
        (BOM.format("<components>"), "xml-syntax"),
        (BOM.format("").replace("1.6", "1.99"), "unsupported-document"),
    ],
)
def test_limits_and_damage_have_codes(data, code):
    with pytest.raises(Unreadable) as caught:
        read(data)
    assert caught.value.code == code


@given(st.binary(max_size=80))
def test_any_bytes_end_in_elements_or_a_code(data):
    try:
        xml_text.parse(b"<bom>" + data, Limits())
    except Unreadable as error:
        assert error.code in ("xml-syntax", "xml-dtd", "encoding")


YAML = "spdxVersion: SPDX-2.3\nSPDXID: SPDXRef-DOCUMENT\nname: NO\npackages:\n"


def test_yaml_text_stays_text():
    document = read(YAML + "- name: NO\n  SPDXID: SPDXRef-a\n  versionInfo: 1.10\n- {name: 1e3, SPDXID: SPDXRef-b}\n")
    assert [(one.name, one.version, one.pointer) for one in document.components] == [
        ("NO", "1.10", "line 5"),
        ("1e3", None, "line 8"),
    ]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("- &a {name: x}\n- *a\n", "yaml-alias"),
        ('- !!python/object/apply:os.system ["true"]\n', "yaml-tag"),
        ("- " + "[" * 200 + "]" * 200 + "\n", "limit-document-depth"),
        ("- {name: \n", "yaml-syntax"),
    ],
)
def test_yaml_refuses_what_is_not_data(body, code):
    with pytest.raises(Unreadable) as caught:
        read(YAML + body)
    assert caught.value.code == code


def test_yaml_key_given_twice_is_a_problem():
    assert "yaml-duplicate-key" in codes(read(YAML + "- name: a\n  name: b\n"))
