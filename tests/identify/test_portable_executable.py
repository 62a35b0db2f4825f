"""PE files: a launcher that ships with pip, read as it is and damaged."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pip._vendor.distlib
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.identify.firmware import portable_executable as detector
from auditor.identify.sample import Sample
from auditor.limits import Limits
from auditor.model import Artifact
from auditor.unpack.view import Damaged, View

LAUNCHER = Path(pip._vendor.distlib.__file__).parent / "t64.exe"


def votes(data: bytes) -> set[tuple[str, str]]:
    artifact = Artifact(id="0" * 64, path="EFI/BOOT/app.efi", kind="file", size=len(data))
    return {(one.claim, one.value) for one in detector.detect(Sample(artifact, View(data), Limits()))}


@pytest.mark.skipif(not LAUNCHER.exists(), reason="this pip ships no launcher")
def test_machine_subsystem_and_imports() -> None:
    found = votes(LAUNCHER.read_bytes())
    assert ("format", "pe") in found
    assert ("machine", str(0x8664)) in found
    assert ("subsystem", "windows_cui") in found
    assert "kernel32.dll" in {value.lower() for claim, value in found if claim == "needed"}


def test_other_files_are_left_alone() -> None:
    assert votes(b"MZ" + bytes(100)) == set()
    assert votes(b"\x7fELF" + bytes(100)) == set()


@pytest.mark.skipif(not LAUNCHER.exists(), reason="this pip ships no launcher")
@settings(max_examples=50, deadline=None)
@given(st.integers(0, 4095), st.integers(0, 255))
def test_damage_raises_nothing_else(offset: int, value: int) -> None:
    data = bytearray(LAUNCHER.read_bytes())
    data[offset] = value
    with contextlib.suppress(Damaged):
        votes(bytes(data))
