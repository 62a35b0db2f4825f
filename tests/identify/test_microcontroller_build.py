"""A program built here for a Cortex-M: its ELF, flash files and map have to tell the same."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from pathlib import Path

import pytest

from auditor.identify import elf_file, elf_structure, identify
from auditor.identify.firmware import map_file, microcontroller
from auditor.identify.firmware.elf import load_digests
from auditor.identify.sample import Sample
from auditor.limits import Limits
from auditor.model import Artifact
from auditor.unpack import intel_hex, srec
from auditor.unpack.view import Budget, View

TOOL = "arm-none-eabi-"
SOURCE = """
#include <stdint.h>
extern const uint32_t load_from; uint32_t table[4] = {1, 2, 3, 4}; volatile int state;
void Reset_Handler(void);
__attribute__((section(".isr_vector"), used)) void (*const vectors[])(void) = {
    (void (*)(void))0x20010000, Reset_Handler, Reset_Handler, Reset_Handler, Reset_Handler};
static __attribute__((noinline)) int hidden(int x) { return x * 3 + state; }
void Com_30_Init(void) { state = hidden(state); }
void CanIf_GetVersionInfo(uint32_t *info) { *info = 30; }
void Reset_Handler(void) { Com_30_Init(); CanIf_GetVersionInfo(&table[1]); for (;;) state += table[state & 3]; }
"""
SCRIPT = """
MEMORY
{
  FLASH (rx) : ORIGIN = 0x08000000, LENGTH = 512K
  CONFIG (r) : ORIGIN = 0x08100000, LENGTH = 4K
  RAM (rwx) : ORIGIN = 0x20000000, LENGTH = 64K
}
ENTRY(Reset_Handler)
SECTIONS
{
  .isr_vector : { KEEP(*(.isr_vector)) . = ALIGN(0x200); } > FLASH
  .text : { *(.text*) *(.rodata*) } > FLASH
  .data : { *(.data*) } > RAM AT > FLASH
  .bss : { *(.bss*) *(COMMON) } > RAM
  .config : { LONG(0x12345678) } > CONFIG
}
"""

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(not shutil.which(f"{TOOL}gcc"), reason=f"{TOOL}gcc is not installed"),
]


@pytest.fixture(scope="module")
def build(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("build")
    (folder / "main.c").write_text(SOURCE)
    (folder / "flash.ld").write_text(SCRIPT)

    def run(tool: str, *arguments: str) -> None:
        subprocess.run([TOOL + tool, *arguments], cwd=folder, check=True, capture_output=True)

    options = ["-mcpu=cortex-m4", "-mthumb", "-O1", "-ffunction-sections", "-nostdlib", "-T", "flash.ld"]
    run("gcc", *options, "-Wl,-Map=fw.map", "main.c", "-o", "fw.elf")
    run("objcopy", "-O", "ihex", "fw.elf", "fw.hex")
    run("objcopy", "-O", "srec", "fw.elf", "fw.s19")
    run("objcopy", "-O", "binary", "fw.elf", "fw.bin")
    run("strip", "-o", "stripped.elf", "fw.elf")
    return folder


def sample(path: Path) -> Sample:
    data = path.read_bytes()
    artifact = Artifact(id=hashlib.sha256(data).hexdigest(), path=path.name, kind="file", size=len(data))
    return Sample(artifact, View(data), Limits())


def elf(path: Path) -> elf_file.Elf:
    found = elf_file.read(View(path.read_bytes()))
    assert found is not None
    return found


def test_the_structure_is_sound(build: Path) -> None:
    assert elf_structure.check(elf(build / "fw.elf")) == []
    assert elf_structure.check(elf(build / "stripped.elf")) == []


@pytest.mark.parametrize(("module", "name"), [(intel_hex, "fw.hex"), (srec, "fw.s19")])
def test_flash_files_carry_the_same_bytes(build: Path, module: object, name: str) -> None:
    container = module.open(View((build / name).read_bytes()), Budget(Limits()))  # type: ignore[attr-defined]
    regions = {
        f"{entry.name.decode().partition('@')[2]}:{hashlib.sha256(entry.data.data).hexdigest()}"
        for entry in container.entries
    }
    assert len(regions) == 2
    assert regions == set(load_digests(elf(build / "fw.elf"))[:-1])


def test_the_flat_image_is_known_by_its_digest(build: Path) -> None:
    flat = hashlib.sha256((build / "fw.bin").read_bytes()).hexdigest()
    assert load_digests(elf(build / "stripped.elf"))[-1] == f"flat:{flat}"


def test_the_map_lists_what_the_symbol_table_lists(build: Path) -> None:
    in_map = map_file.symbols(sample(build / "fw.map"))
    in_elf = elf(build / "fw.elf").symbols
    functions = {"Reset_Handler", "Com_30_Init", "CanIf_GetVersionInfo", "hidden"}
    assert functions <= in_elf
    assert functions <= in_map
    assert {"Reset_Handler", "table", "state"} <= in_map


def test_core_and_vectors(build: Path) -> None:
    assert microcontroller.build_attribute(elf(build / "fw.elf")) == "7e-m"
    vectors = microcontroller.vector_table(View((build / "fw.bin").read_bytes()), 0x08000000)
    assert vectors is not None
    assert vectors[0] == 0x20010000


def test_modules_are_found_in_symbols_and_map_and_nothing_in_stripped_bytes(build: Path) -> None:
    for name in ("fw.elf", "fw.map"):
        subjects = {vote.subject for vote in identify(sample(build / name)).evidence if vote.detector == "autosar"}
        assert subjects == {"autosar:30:Com", "autosar:unknown:CanIf"}
    for name in ("stripped.elf", "fw.bin"):
        assert not [vote for vote in identify(sample(build / name)).evidence if vote.detector == "autosar"]
