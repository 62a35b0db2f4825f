"""Public samples that stand in the folder UNPACK_SAMPLES: kernels as Debian builds them, QNX6 file systems.

.ci/run fills the folder from packages; nothing of it belongs to the project.
"""

from __future__ import annotations

import gzip
import hashlib
import os
import subprocess
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from flash_bytes import budget, facts
from image_trees import need, run, walked

from auditor.unpack import linux_image
from auditor.unpack.view import View

SAMPLES = Path(os.environ.get("UNPACK_SAMPLES", "/nonexistent"))
DECODERS = {
    "gzip": (b"\x1f\x8b\x08", ["gzip", "-dc"]),
    "xz": (b"\xfd7zXZ\0", ["xz", "-dc", "--single-stream"]),
    "lz4": (b"\x02\x21\x4c\x18", ["lz4", "-dc"]),
    "zstd": (b"\x28\xb5\x2f\xfd", ["zstd", "-dc"]),
}
BUILT_IN = {"/dev": ("directory", 0o755), "/dev/console": ("char-device", 0o600), "/root": ("directory", 0o700)}
"""The initramfs of a kernel that is given none (usr/default_cpio_list of its source)."""


def sample(pattern: str) -> Path:
    found = sorted(path for path in SAMPLES.rglob(pattern) if path.is_file())
    if not found:
        pytest.skip(f"no {pattern} in UNPACK_SAMPLES")
    return found[0]


def decoded(data: bytes, form: str) -> Iterator[bytes]:
    """What the codec's own tool makes of the bytes behind each of its magics."""
    magic, command = DECODERS[form]
    need(command[0])
    place = data.find(magic)
    while place >= 0:
        yield subprocess.run(command, input=data[place:], capture_output=True, check=False).stdout
        place = data.find(magic, place + 1)


@pytest.mark.integration
@pytest.mark.parametrize("pattern", ["boot/vmlinuz-*-amd64", "armhf/vmlinuz"])
def test_kernel_of_debian(pattern: str) -> None:
    path = sample(pattern)
    data = path.read_bytes()
    result = walked(path)
    assert result.problems == []
    assert result.artifacts[0].format == "linux_image"
    kernel = next(body for body in decoded(data, result.by_path["kernel"].format) if b"Linux version " in body)
    content = result.by_path["kernel!/content"]
    assert (content.kind, content.size, content.id) == ("file", len(kernel), hashlib.sha256(kernel).hexdigest())
    nodes = {
        artifact.path.rpartition("!")[2]: (artifact.kind, artifact.mode)
        for artifact in result.artifacts
        if "cpio!/" in artifact.path or "initramfs@" in artifact.path
    }
    assert BUILT_IN.items() <= nodes.items()
    container = linux_image.open(View(data), budget())
    assert container is not None
    release = path.name.partition("-")[2]
    assert facts(container) == ({("linux", "release", release)} if release else set())


@pytest.mark.integration
@pytest.mark.parametrize("pattern", ["text/debian-installer/arm64/linux", "ppc64el/vmlinux"])
def test_uncompressed_kernel_of_debian(pattern: str) -> None:
    """An arm64 Image and an ELF kernel carry their initramfs as it is."""
    path = sample(pattern)
    data = path.read_bytes()
    result = walked(path)
    assert result.problems == []
    assert result.artifacts[0].format == "linux_image"
    (region,) = [artifact for artifact in result.artifacts if artifact.format == "cpio"]
    start = int(region.path.partition("@")[2], 16)
    listed = run("cpio", "-t", "--quiet", stdin=data[start : start + region.size]).decode().split()
    found = {artifact.path.rpartition("!")[2]: (artifact.kind, artifact.mode) for artifact in result.artifacts}
    assert [f"/{name}" for name in listed] == [name for name in found if name in BUILT_IN]
    assert BUILT_IN.items() <= found.items()
    if "arm64" in pattern:
        assert walked(data[: len(data) // 2]).codes == {"truncated"}


@pytest.mark.integration
@pytest.mark.parametrize("order", ["le", "be"])
def test_qnx6_of_another_project_is_recognized(order: str) -> None:
    with tarfile.open(sample("dissect?qnxfs-*.tar.gz")) as archive:
        member = next(name for name in archive.getnames() if name.endswith(f"qnx6-{order}.bin.gz"))
        packed = archive.extractfile(member)
        assert packed is not None
        data = gzip.decompress(packed.read())
    result = walked(data)
    assert [(artifact.format, artifact.size) for artifact in result.artifacts] == [("qnx6", len(data))]
    assert [problem.code for problem in result.problems] == ["opaque"]
    inside = walked(b"\x01" * 8192 + data + b"\x02\x03" * 4096)
    region = inside.by_path["0x00002000.qnx6"]
    assert (region.kind, region.size) == ("region", len(data))
