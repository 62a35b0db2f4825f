"""ESP-IDF images that esptool made of a program."""

from __future__ import annotations

import hashlib
import random
import shutil
import struct
from pathlib import Path

import pytest
from flash_bytes import mutants, survives
from image_trees import run, walked

from auditor.unpack import esp_image


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def program(segments: list[tuple[int, bytes]]) -> bytes:
    """Return a 32-bit RISC-V ELF with one loaded segment and section per (address, bytes)."""
    names = b"\0" + b"".join(b".s%d\0" % number for number in range(len(segments))) + b".names\0"
    count = len(segments)
    place = 52 + 32 * count
    head, rows, body = b"", b"\0" * 40, b""
    for number, (address, data) in enumerate(segments):
        offset = place + len(body)
        head += struct.pack("<8I", 1, offset, address, address, len(data), len(data), 5, 4)
        flags = 6 if number == 0 else 2
        rows += struct.pack("<10I", names.index(b".s%d\0" % number), 1, flags, address, offset, len(data), 0, 0, 4, 0)
        body += data
    offset = place + len(body)
    rows += struct.pack("<10I", names.index(b".names"), 3, 0, 0, offset, len(names), 0, 0, 1, 0)
    body += names + bytes(-len(names) % 4)
    start = struct.pack(
        "<16sHHIIIIIHHHHHH", b"\x7fELF\x01\x01\x01", 2, 243, 1, segments[0][0], 52, place + len(body), 0, 52, 32, count,
        40, count + 2, count + 1,
    )  # fmt: skip
    return start + head + body + rows


TOOL = next(filter(shutil.which, ("esptool", "esptool.py")), "")


@pytest.mark.integration
@pytest.mark.skipif(not TOOL, reason="esptool is not installed")
def test_esp_image_of_esptool(tmp_path: Path) -> None:
    code, data = random.Random(1).randbytes(4000), b"some data of it\n" * 64
    (tmp_path / "app.elf").write_bytes(program([(0x40380000, code), (0x3FC80000, data)]))
    run(TOOL, "--chip", "esp32c3", "elf2image", "-o", tmp_path / "app.bin", tmp_path / "app.elf")
    result = walked(tmp_path / "app.bin")
    assert result.problems == []
    assert result.artifacts[0].format == "esp_image"
    assert result.artifacts[0].understood == result.artifacts[0].size
    found = {a.path.partition("@")[2]: (a.size, a.id) for a in result.artifacts[1:]}
    assert found["0x40380000"] == (len(code), digest(code))
    assert found["0x3fc80000"] == (len(data), digest(data))
    damaged = bytearray((tmp_path / "app.bin").read_bytes())
    damaged[-40] ^= 1
    assert walked(bytes(damaged)).artifacts[0].format != "esp_image" or walked(bytes(damaged)).problems
    for mutant in mutants((tmp_path / "app.bin").read_bytes(), 200, "esptool"):
        survives(esp_image, mutant)
