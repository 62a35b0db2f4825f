"""Archives against the tools that made them."""

from __future__ import annotations

import gzip
import io
import stat
import tarfile
import zipfile
from pathlib import Path

import pytest
from image_trees import expected, run, sample_tree, shown, walked


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return sample_tree(tmp_path_factory.mktemp("tree") / "root")


@pytest.mark.integration
@pytest.mark.parametrize("dialect", ["ustar", "gnu", "pax", "v7", "oldgnu"])
def test_tar_of_gnu_tar(tree: Path, tmp_path: Path, dialect: str) -> None:
    image = tmp_path / "image.tar"
    run("tar", f"--format={dialect}", "-cf", image, "-C", tree, ".")
    result = walked(image)
    assert result.problems == []
    assert shown(result) == expected(tree)


@pytest.mark.parametrize("dialect", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_tar_of_python(tree: Path, dialect: int) -> None:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=dialect) as archive:
        archive.add(tree, arcname=".")
    result = walked(buffer.getvalue())
    assert result.problems == []
    assert shown(result) == expected(tree)


def test_tar_long_names_and_hard_links() -> None:
    name = "/".join(["directory" * 5] * 9)
    for dialect in (tarfile.GNU_FORMAT, tarfile.PAX_FORMAT):
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode="w", format=dialect) as archive:
            member = tarfile.TarInfo(name)
            member.size = 3
            archive.addfile(member, io.BytesIO(b"abc"))
            link = tarfile.TarInfo("hard")
            link.type, link.linkname = tarfile.LNKTYPE, name
            archive.addfile(link)
        result = walked(buffer.getvalue())
        assert result.by_path[name].size == 3
        assert (result.by_path["hard"].kind, result.by_path["hard"].target) == ("hardlink", name)


@pytest.mark.integration
@pytest.mark.parametrize(
    "options", [["--format=gnu"], *(["--format=pax", f"--sparse-version={v}"] for v in ("0.1", "1.0"))]
)
def test_sparse_members_of_gnu_tar(tmp_path: Path, options: list[str]) -> None:
    root = tmp_path / "root"
    root.mkdir()
    with (root / "sparse").open("wb") as file:
        for number in range(60):
            file.seek(number * 65536)
            file.write(b"%d" % number * 2000)
        file.truncate(5 << 20)
    (root / "after").write_bytes(b"plain")
    run("tar", "--sparse", "--hole-detection=raw", *options, "-cf", tmp_path / "image", "-C", root, ".")
    result = walked(tmp_path / "image")
    assert result.problems == []
    assert (tmp_path / "image").stat().st_size < 3 << 20
    assert shown(result) == expected(root)


@pytest.mark.integration
@pytest.mark.parametrize("dialect", ["newc", "crc", "odc"])
def test_cpio(tree: Path, tmp_path: Path, dialect: str) -> None:
    names = "\n".join(sorted(expected(tree))).encode()
    image = run("cpio", "-o", "-H", dialect, "--quiet", cwd=tree, stdin=names)
    result = walked(image)
    assert result.problems == []
    assert shown(result) == expected(tree)


@pytest.mark.integration
def test_cpio_hard_links_share_their_content(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"shared content")
    (tmp_path / "b").hardlink_to(tmp_path / "a")
    image = run("cpio", "-o", "-H", "newc", "--quiet", cwd=tmp_path, stdin=b"a\nb")
    result = walked(image)
    assert result.by_path["a"].id == result.by_path["b"].id
    assert result.by_path["a"].size == 14


@pytest.mark.integration
@pytest.mark.parametrize("options", [["-q", "-r", "-y"], ["-q", "-r", "-y", "-0"], ["-q", "-r", "-y", "-Z", "bzip2"]])
def test_zip_of_info_zip(tree: Path, tmp_path: Path, options: list[str]) -> None:
    image = tmp_path / "image.zip"
    run("zip", *options, image, ".", cwd=tree)
    result = walked(image)
    assert result.problems == []
    assert shown(result) == expected(tree)


@pytest.mark.integration
@pytest.mark.parametrize("method", ["Deflate", "LZMA", "BZip2", "Copy"])
def test_zip_of_7z(tree: Path, tmp_path: Path, method: str) -> None:
    run("7z", "a", "-tzip", f"-mm={method}", tmp_path / "image.zip", "usr/bin/text", "usr/share/holes.bin", cwd=tree)
    result = walked(tmp_path / "image.zip")
    assert result.problems == []
    truth = expected(tree)
    for name in ("usr/bin/text", "usr/share/holes.bin"):
        assert result.by_path[name].id == truth[name][3]


@pytest.mark.integration
def test_zip_of_an_unknown_compression_is_opaque(tree: Path, tmp_path: Path) -> None:
    run("7z", "a", "-tzip", "-mm=PPMd", tmp_path / "image.zip", "usr/bin/text", cwd=tree)
    result = walked(tmp_path / "image.zip")
    assert result.codes == {"opaque"}
    assert not result.by_path["usr/bin/text"].complete


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_zip_of_python(method: int) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        archive.writestr("a/b.txt", b"content " * 1000)
        with archive.open("streamed", "w", force_zip64=True) as member:
            member.write(b"zip64 " * 500)
    result = walked(buffer.getvalue())
    assert result.problems == []
    assert result.by_path["a/b.txt"].size == 8000
    assert result.by_path["streamed"].size == 3000


def test_zip_encrypted_member_is_opaque() -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("secret", b"x" * 100)
    raw = bytearray(buffer.getvalue())
    raw[6] |= 1
    raw[raw.index(b"PK\x01\x02") + 8] |= 1
    result = walked(bytes(raw))
    assert result.codes == {"opaque"}
    assert not result.by_path["secret"].complete


@pytest.mark.integration
def test_ar_and_debian_package(tree: Path, tmp_path: Path) -> None:
    (tmp_path / "debian-binary").write_bytes(b"2.0\n")
    run("tar", "-cJf", tmp_path / "data.tar.xz", "-C", tree, ".")
    (tmp_path / "a-name-longer-than-sixteen-bytes.txt").write_bytes(b"long")
    members = ["debian-binary", "data.tar.xz", "a-name-longer-than-sixteen-bytes.txt"]
    run("ar", "rcS", "package.deb", *members, cwd=tmp_path)
    result = walked(tmp_path / "package.deb")
    assert result.problems == []
    assert set(members) <= set(result.by_path)
    assert shown(result, below="data.tar.xz!/content") == expected(tree)


def tar_bytes(**members: bytes) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, content in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


def test_apk_of_joined_streams() -> None:
    signature = tar_bytes(sign=b"s" * 100)[:1024]
    control = tar_bytes(PKGINFO=b"pkgname = x\n")[:1024]
    package = b"".join(gzip.compress(part) for part in (signature, control, tar_bytes(data=b"file")))
    result = walked(package)
    assert result.problems == []
    assert {"content!/sign", "content!/PKGINFO", "content!/data"} <= set(result.by_path)


def test_ipk_in_its_tar_form() -> None:
    data = gzip.compress(tar_bytes(program=b"\x7fELF" + bytes(60)))
    package = gzip.compress(tar_bytes(**{"./debian-binary": b"2.0\n", "./data.tar.gz": data}))
    result = walked(package)
    assert result.problems == []
    assert result.by_path["content!/data.tar.gz!/content!/program"].format == "elf"


def test_bsd_ar_names() -> None:
    name = b"long-name-of-bsd.o\0\0"
    head = f"#1/{len(name)}".encode().ljust(16) + b"0".ljust(12) + b"0".ljust(6) * 2 + b"100644".ljust(8)
    head += str(len(name) + 4).encode().ljust(10) + b"`\n"
    result = walked(b"!<arch>\n" + head + name + b"data")
    assert result.by_path["long-name-of-bsd.o"].size == 4
    assert result.by_path["long-name-of-bsd.o"].mode == stat.S_IMODE(0o644)


def test_tar_without_its_end_mark_is_truncated() -> None:
    """An archive cut behind a member looks whole to whoever only reads headers."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name in ("one", "two"):
            member = tarfile.TarInfo(name)
            member.size = 512
            archive.addfile(member, io.BytesIO(name.encode().ljust(512)))
    whole = buffer.getvalue()
    assert walked(whole[: 4 * 512 + 1024]).problems == []
    for end in (4 * 512, 2 * 512):
        result = walked(whole[:end])
        assert [(problem.code, problem.offset) for problem in result.problems] == [("truncated", end)]
        assert not result.artifacts[0].complete
