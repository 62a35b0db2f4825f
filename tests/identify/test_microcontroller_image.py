"""A Zephyr image that others compiled says the same as flat file, Intel HEX and S-record."""

from __future__ import annotations

import hashlib
from pathlib import Path

import bincopy
import pytest

from auditor.identify import identify
from auditor.identify.sample import Sample
from auditor.identify.signatures.index import shipped
from auditor.limits import Limits
from auditor.model import Artifact, Evidence
from auditor.unpack import intel_hex, srec
from auditor.unpack.view import Budget, View

IMAGE = Path(__file__).resolve().parents[2] / "fixtures/microcontrollers/zephyr-3.5.0-hello-world.bin"
SYSTEMS = {"rtos", "os-kernel", "hypervisor", "bootloader"}


def regions(form: str) -> list[bytes]:
    data = IMAGE.read_bytes()
    if form == "bin":
        return [data]
    file = bincopy.BinFile()
    file.add_binary(data, address=0x08000000)
    reader, text = (intel_hex, file.as_ihex()) if form == "hex" else (srec, file.as_srec())
    container = reader.open(View(text.encode()), Budget(Limits()))
    assert container is not None
    return [bytes(entry.data.data) for entry in container.entries if entry.data is not None]


def votes(data: bytes, path: str) -> tuple[Evidence, ...]:
    artifact = Artifact(id=hashlib.sha256(data).hexdigest(), path=path, kind="region", size=len(data), format="region")
    return identify(Sample(artifact, View(data), Limits())).evidence


@pytest.mark.parametrize("form", ["bin", "hex", "s19"])
def test_the_system_is_named_with_its_version_and_no_other_is(form: str) -> None:
    found = [vote for data in regions(form) for vote in votes(data, f"fw.{form}!/region@0x08000000")]
    kinds = shipped().by_id
    named = {vote.subject for vote in found if vote.subject in kinds and kinds[vote.subject].kind in SYSTEMS}
    assert named == {"zephyr"}
    said = {(vote.value, vote.grade) for vote in found if vote.subject == "zephyr" and vote.claim == "version"}
    assert said == {("3.5.0", "decisive")}


def test_without_its_texts_it_is_nameless() -> None:
    data = IMAGE.read_bytes()
    silent = data.replace(b"Zephyr", b"\xff" * 6).replace(b"ZEPHYR", b"\xff" * 6).replace(b"zephyr", b"\xff" * 6)
    assert silent != data
    kinds = shipped().by_id
    assert not [vote.subject for vote in votes(silent, "fw.bin") if vote.subject in kinds]
