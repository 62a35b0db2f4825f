"""Compilation units read from DWARF against readelf, for compilers, versions and packings that exist here."""

from __future__ import annotations

import contextlib
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.identify import dwarf, elf_file
from auditor.unpack.view import Truncated, View

SOURCES = {
    "main.c": "int other(int); int main(void) { return other(3); }\n",
    "other.c": "int other(int x) { return x; }\n",
}
CASES = [
    ("gcc", "readelf", ["-gdwarf-5"]),
    ("gcc", "readelf", ["-gdwarf-4"]),
    ("gcc", "readelf", ["-gdwarf-3", "-gstrict-dwarf"]),
    ("gcc", "readelf", ["-gdwarf-5", "-gdwarf64"]),
    ("gcc", "readelf", ["-gdwarf-5", "-gz"]),
    ("gcc", "readelf", ["-gdwarf-5", "-fdebug-types-section"]),
    ("clang", "readelf", ["-gdwarf-5"]),
    ("arm-none-eabi-gcc", "arm-none-eabi-readelf", ["-gdwarf-4", "-nostdlib", "-Wl,-emain"]),
    ("arm-none-eabi-gcc", "arm-none-eabi-readelf", ["-gdwarf-5", "-nostdlib", "-mbig-endian", "-Wl,-emain"]),
    ("riscv64-unknown-elf-gcc", "riscv64-unknown-elf-readelf", ["-gdwarf-5", "-nostdlib", "-Wl,-emain"]),
]


def compiled(folder: Path, compiler: str, options: list[str]) -> bytes:
    if shutil.which(compiler) is None:
        pytest.skip(f"{compiler} is not installed")
    for name, text in SOURCES.items():
        (folder / name).write_text(text)
    subprocess.run([compiler, *options, *SOURCES, "-o", "program"], cwd=folder, check=True, capture_output=True)
    return (folder / "program").read_bytes()


def elf(data: bytes) -> elf_file.Elf:
    found = elf_file.read(View(data))
    assert found is not None
    return found


def by_readelf(tool: str, program: Path) -> list[tuple[str, str, str]]:
    """Return (producer, name, folder) of each compilation unit as readelf prints them."""
    words = [tool, "--debug-dump=info", "--dwarf-depth=1", "-wi", str(program)]
    text = subprocess.run(words, check=True, capture_output=True, text=True).stdout
    found = []
    for unit in text.split("DW_TAG_compile_unit)")[1:]:
        said = dict(
            re.findall(
                r"DW_AT_(producer|name|comp_dir)\s*: (?:\([^\n]*?\): )?(.*?)\s*$", unit.partition("<1>")[0], re.M
            )
        )
        found.append((said["producer"], said["name"], said["comp_dir"]))
    return found


@pytest.mark.integration
@pytest.mark.parametrize(("compiler", "tool", "options"), CASES)
def test_units_are_those_of_readelf(tmp_path: Path, compiler: str, tool: str, options: list[str]) -> None:
    data = compiled(tmp_path, compiler, options)
    ours = [tuple(unit) for unit in dwarf.units(elf(data))]
    assert ours == by_readelf(tool, tmp_path / "program")
    assert {name for _, name, _ in ours} >= set(SOURCES)


@pytest.mark.integration
def test_a_cut_or_changed_section_ends_the_reading(tmp_path: Path) -> None:
    data = compiled(tmp_path, "gcc", ["-gdwarf-4"])
    info = elf(data).section(".debug_info")
    assert info is not None
    for at in range(info.offset, info.offset + info.size):
        for value in (0x00, 0x7F, 0xFF):
            changed = data[:at] + bytes([value]) + data[at + 1 :]
            assert len(list(dwarf.units(elf(changed)))) <= dwarf.MAX_UNITS


@given(st.binary(max_size=200), st.binary(max_size=60))
def test_no_bytes_raise_anything_else(info: bytes, abbreviations: bytes) -> None:
    with contextlib.suppress(Truncated):
        list(dwarf.Reader(View(info), View(abbreviations), {0x0E: View(b"x"), 0x1F: View(b"")}, little=True).units())
