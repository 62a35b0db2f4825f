"""Tag-value and YAML documents in other encodings than UTF-8: read with a word about it, or refused with one."""

from __future__ import annotations

import codecs

import pytest
from document_samples import BOMS, codes, read

from auditor.identify.documents.notes import Unreadable
from auditor.model import Document

TAG_VALUE = (BOMS / "spdx2-tagvalue" / "syft__identify-2.3.spdx").read_text(encoding="utf-8")
YAML = (BOMS / "spdx2-yaml" / "ort__project-cyclic.spdx.yaml").read_text(encoding="utf-8")
DSDX = "DSDXVersion: DSDX-1.0\nName: x\nComponentName: zlib\nComponentVersion: 1.3\n"
MARKS = {
    "utf-8": codecs.BOM_UTF8,
    "utf-16-le": codecs.BOM_UTF16_LE,
    "utf-16-be": codecs.BOM_UTF16_BE,
    "utf-32-le": codecs.BOM_UTF32_LE,
    "utf-32-be": codecs.BOM_UTF32_BE,
}


def facts(document: Document | None) -> list[tuple[str, str | None, str]]:
    assert document is not None
    return [(one.name, one.version, one.pointer) for one in document.components]


@pytest.mark.parametrize("encoding", MARKS)
@pytest.mark.parametrize(("text", "name"), [(TAG_VALUE, "x.spdx"), (YAML, "x.yaml"), (DSDX, "x.dsdx")])
def test_a_byte_order_mark_names_the_encoding(text: str, name: str, encoding: str) -> None:
    found, plain = read(MARKS[encoding] + text.encode(encoding), name), read(text, name)
    assert facts(found) == facts(plain) != []
    assert found is not None and plain is not None
    added = [] if encoding == "utf-8" else ["encoding"]
    assert codes(found) == added + codes(plain)


@pytest.mark.parametrize("text", [TAG_VALUE, YAML])
def test_utf_16_without_a_mark_is_known_by_its_zeros(text: str) -> None:
    assert facts(read(text.encode("utf-16-le"))) == facts(read(text))


@pytest.mark.parametrize("text", [TAG_VALUE, YAML, DSDX])
def test_what_is_not_the_encoding_it_says_is_refused_with_that_word(text: str) -> None:
    data = codecs.BOM_UTF16_LE + text.encode("utf-16-le") + b"\x00\xd8"
    with pytest.raises(Unreadable, match="not valid UTF-16-LE") as error:
        read(data)
    assert error.value.code == "encoding"


def test_yaml_in_another_encoding_says_where_and_what_to_do() -> None:
    data = YAML.encode() + "comment: Gerät\n".encode("latin-1")
    with pytest.raises(Unreadable, match="save the document as UTF-8") as error:
        read(data)
    assert (error.value.code, error.value.offset) == ("encoding", len(YAML.encode()) + len("comment: Ger"))


def test_a_text_ends_where_it_is_closed() -> None:
    head = "SPDXVersion: SPDX-2.3\nPackageName: zlib\nSPDXID: SPDXRef-a\n"
    found = read(head + "PackageVersion: <text>1.2\n3</text> behind\nPackageSupplier: Organization: A\n")
    assert found is not None
    (one,) = found.components
    assert (one.version, one.supplier and one.supplier.name) == ("1.2\n3", "A")
