"""ARXML, A2L and ODX: what a controller's description files say about software and processor."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from document_samples import codes, read

from auditor.identify.documents.notes import Unreadable
from auditor.model import Actor

DEMO = Path(__file__).resolve().parents[2] / "fixtures/demo/body-controller"
BILL = (
    '{"bomFormat": "CycloneDX", "specVersion": "1.6", "components": [{"type": "library", "name": "x", "version": "1"}]}'
)
ARXML = """<?xml version="1.0" encoding="UTF-8"?>
<AUTOSAR xmlns="http://autosar.org/schema/r4.0"><AR-PACKAGES><AR-PACKAGE><SHORT-NAME>Impl</SHORT-NAME><ELEMENTS>
<UNRELATED><SHORT-NAME>Noise</SHORT-NAME></UNRELATED>
<BSW-IMPLEMENTATION><SHORT-NAME>Com_Impl</SHORT-NAME><SW-VERSION>4.2.1</SW-VERSION><VENDOR-ID>30</VENDOR-ID>
<AR-RELEASE-VERSION>4.3.1</AR-RELEASE-VERSION>
<BEHAVIOR-REF DEST="BSW-INTERNAL-BEHAVIOR">/AUTOSAR_Com/BswModuleDescriptions/Com/Behavior</BEHAVIOR-REF>
<VENDOR-API-INFIX>Tp</VENDOR-API-INFIX></BSW-IMPLEMENTATION>
<SWC-IMPLEMENTATION><SHORT-NAME>Brake</SHORT-NAME></SWC-IMPLEMENTATION>
</ELEMENTS></AR-PACKAGE></AR-PACKAGES></AUTOSAR>"""

A2L = """ASAP2_VERSION 1 71
/begin PROJECT Demo "a project"
  /begin MODULE EngineSw ""
    /begin MOD_PAR ""
      SUPPLIER "Example GmbH"
      CPU_TYPE "TC397"
      VERSION "V1.4"
      EPK "EPK_0815"
    /end MOD_PAR
    /begin MEASUREMENT x "" UWORD NO_COMPU_METHOD 0 0 0 1
    /end MEASUREMENT
  /end MODULE
/end PROJECT
"""

ODX = """<?xml version="1.0"?><ODX MODEL-VERSION="2.2.0"><FLASH ID="F"><SHORT-NAME>F</SHORT-NAME><ECU-MEMS>
<ECU-MEM ID="M"><SHORT-NAME>MEM_ECU1</SHORT-NAME><MEM><SESSIONS><SESSION><EXPECTED-IDENTS><EXPECTED-IDENT>
<IDENT-VALUES><IDENT-VALUE TYPE="A_ASCIISTRING">1K0907115</IDENT-VALUE></IDENT-VALUES>
</EXPECTED-IDENT></EXPECTED-IDENTS></SESSION></SESSIONS></MEM></ECU-MEM></ECU-MEMS></FLASH></ODX>"""


def test_arxml_implementations():
    document = read(ARXML, "bsw.arxml")
    module, component = document.components
    assert (module.name, module.version, module.type, module.pointer) == ("Com", "4.2.1", "firmware", "line 4")
    properties = dict(module.properties)
    assert (properties["autosar:vendorId"], properties["autosar:infix"], properties["autosar:release"]) == (
        "30", "Tp", "4.3.1",
    )  # fmt: skip
    assert component.name == "Brake"
    assert not document.problems


def test_arxml_templates_and_empty_files_are_said():
    with pytest.raises(Unreadable) as caught:
        read(ARXML.replace("<VENDOR-ID>30", "[!IF x < 1!]<VENDOR-ID>30"), "template.arxml")
    assert caught.value.code == "xml-syntax"
    assert codes(read('<AUTOSAR xmlns="http://autosar.org/schema/r4.0"/>')) == ["empty-document"]


def test_a2l_module_parameters():
    software, processor = read(A2L, "ecu.a2l").components
    assert (software.name, software.version, software.supplier) == ("EngineSw", "V1.4", Actor(name="Example GmbH"))
    assert ("a2l:EPK", "EPK_0815") in software.properties
    assert (processor.type, processor.mpn) == ("device", "TC397")
    assert "truncated" in codes(read(A2L.replace("/end MOD_PAR", "")))


def test_odx_identifications():
    (memory,) = read(ODX, "flash.odx").components
    assert memory.name == "MEM_ECU1"
    assert ("odx:ident", "1K0907115") in memory.properties


@pytest.mark.parametrize(("name", "text"), [("swc.arxml", ARXML), ("engine.a2l", A2L), ("flash.odx", ODX)])
def test_a_description_is_no_bill_of_materials(name: str, text: str, program: Any, tmp_path: Path) -> None:
    """What it does not name may still be in the image: nothing is held against it."""
    shutil.copy(DEMO / "body.elf", tmp_path)
    (tmp_path / name).write_text(text)
    (tmp_path / "bom.json").write_text(BILL)

    def rules(*documents: str) -> dict[str, str]:
        done = program("check", "--ecu", "Body=body.elf", *(f"--ecu=Body={one}" for one in documents), "-f", "json",
                       "--as-of", "2026-11-24", cwd=tmp_path)  # fmt: skip
        report = json.loads(done.stdout)
        classes = {row["class"] for row in report["comparison"]}
        return {one["rule"]: one["message"] for one in report["findings"]} | dict.fromkeys(classes, "row")

    described, listed = rules(name), rules("bom.json")
    assert "bom-missing" in described and "bom-missing" not in listed
    assert "undeclared-component" in listed and "undeclared-component" not in described
    assert "only-observed" in listed and "only-observed" not in described
    assert "undeclared-component" in rules(name, "bom.json")


@pytest.mark.parametrize(("name", "text"), [("swc.arxml", ARXML), ("engine.a2l", A2L), ("flash.odx", ODX)])
def test_a_description_alone_never_passes(name: str, text: str, program: Any, tmp_path: Path) -> None:
    (tmp_path / name).write_text(text)
    done = program("check", name, "--fail-on", "never", "-f", "json", cwd=tmp_path)
    report = json.loads(done.stdout)
    assert (done.returncode, report["verdict"]["result"]) == (4, "inconclusive")
    assert "controller: neither an image nor a bill of materials was given" in report["verdict"]["reasons"]
