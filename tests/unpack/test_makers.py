"""Boot and update formats whose own tool stands in the distribution: what it packed is what is read."""

from __future__ import annotations

import gzip
import hashlib
import io
import tarfile
from pathlib import Path

import pytest
from flash_bytes import mutants, survives
from image_trees import need, run, shown, walked

from auditor.unpack import bundle_mender, u_boot

LOADER = Path("/usr/lib/u-boot/qemu_arm/u-boot.bin")


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def lost(folder: Path) -> list[tuple[str, str]]:
    """What is said when a member of the artifact is taken away."""
    told = []
    for name, shown_as in (("data/0000.tar.gz", "data/0000"), ("header.tar.gz", "header.tar.gz")):
        with tarfile.open(folder / "out.mender") as archive, tarfile.open(folder / "less.mender", "w") as less:
            for member in archive:
                if member.name != name:
                    less.addfile(member, archive.extractfile(member))
        told.append((shown_as, " ".join(problem.message for problem in walked(folder / "less.mender").problems)))
    return told


@pytest.mark.integration
def test_mender_artifact_of_its_own_tool(tmp_path: Path) -> None:
    need("mender-artifact")
    need("mke2fs")
    (tmp_path / "root").mkdir()
    (tmp_path / "root/app").write_bytes(b"program\n" * 900)
    run("mke2fs", "-q", "-t", "ext4", "-d", tmp_path / "root", tmp_path / "image", "2M")
    options = ["-t", "board", "-n", "release-1", "-f", tmp_path / "image", "-o", tmp_path / "out.mender"]
    run("mender-artifact", "write", "rootfs-image", *options)
    result = walked(tmp_path / "out.mender")
    assert result.problems == []
    assert result.artifacts[0].format == "mender"
    with tarfile.open(tmp_path / "out.mender") as archive:
        members = {
            member.name: ("file", member.mode, member.size, digest(archive.extractfile(member).read()))  # type: ignore[union-attr]
            for member in archive
        }
        payload = gzip.decompress(archive.extractfile("data/0000.tar.gz").read())  # type: ignore[union-attr]
    assert {path: node[:4] for path, node in shown(result).items()} == members
    with tarfile.open(fileobj=io.BytesIO(payload)) as inner:
        (member,) = inner.getmembers()
    assert payload and any(a.id == digest((tmp_path / "image").read_bytes()) for a in result.artifacts)
    app = next(artifact for artifact in result.artifacts if artifact.path.endswith(f"{member.name}!/app"))
    mode = (tmp_path / "root/app").stat().st_mode & 0o7777
    assert (app.kind, app.mode, app.size, app.id) == ("file", mode, 7200, digest(b"program\n" * 900))
    assert all(f"manifest names 1 files that are not in the bundle: {name}" in told for name, told in lost(tmp_path))
    for mutant in mutants((tmp_path / "out.mender").read_bytes()[:20_000], 100, "mender-tool"):
        survives(bundle_mender, mutant)


@pytest.mark.integration
def test_u_boot_of_its_own_build() -> None:
    if not LOADER.exists():
        pytest.skip("u-boot-qemu is not installed")
    result = walked(LOADER)
    assert result.problems == []
    assert result.artifacts[0].format == "u_boot"
    assert result.artifacts[0].understood == LOADER.stat().st_size
    for mutant in mutants(LOADER.read_bytes()[: 1 << 18], 30, "u-boot-build"):
        survives(u_boot, mutant)


@pytest.mark.integration
def test_images_behind_the_tree_of_a_loader_are_read(tmp_path: Path) -> None:
    """A loader for several boards ends in a FIT whose device trees lie behind it."""
    need("mkimage")
    need("dtc")
    trees = {}
    for name in ("one", "two"):
        run("dtc", "-O", "dtb", "-o", tmp_path / name, stdin=b'/dts-v1/; / { model = "%s"; };' % name.encode())
        trees[name] = (tmp_path / name).read_bytes()
    images = "".join(
        f'{name} {{ data = /incbin/("{tmp_path / name}"); type = "flat_dt"; compression = "none"; }};' for name in trees
    )
    (tmp_path / "its").write_text(
        f'/dts-v1/; / {{ description = "d"; #address-cells = <1>; images {{ {images} }};'
        ' configurations { default = "c"; c { fdt = "one"; }; }; };'
    )
    run("mkimage", "-q", "-E", "-f", tmp_path / "its", tmp_path / "fit")
    code = (b"\x13\0\0\xea" + bytes(60) + b"U-Boot 2023.01 (Jan 10 2023)\0").ljust(8192, b"\x90")
    result = walked(code + (tmp_path / "fit").read_bytes())
    assert result.problems == []
    ids = {artifact.path.rpartition("!/")[2]: artifact.id for artifact in result.artifacts}
    assert {name: ids[name] for name in trees} == {name: digest(data) for name, data in trees.items()}
