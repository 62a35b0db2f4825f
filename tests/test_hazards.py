"""The command on hostile inputs: it ends with a documented code, says what it lost, and touches nothing else.

Every run has a good neighbor; its findings must be those it has alone. Hazards that the contract lets
share a command do so, because starting the program costs more than most of them. Each test names the row
of the project's acceptance list of hazards that it proves (S03 a parser that dies, S07 bombs ...); S03 to S05
(deaths, hangs), S34 (what the sandbox refuses) and S36 (an extractor that fails quietly) stand in tests/worker.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import hazard_bytes as hazards
import pytest
from program_runs import AS_OF, command_line

CODES = {0, 1, 2, 3, 4, 5, 6, 7, 70, 130}
WALL = 60.0
MEMORY = 1 << 30
GOOD = hazards.bill(
    [{"name": "zlib", "version": "1.2.13", "bom-ref": "z", "purl": "pkg:generic/zlib@1.2.13"}],
    dependencies=[{"ref": "z"}],
)


@dataclass
class Outcome:
    """What one run of the command left."""

    code: int
    report: dict[str, Any]
    errors: list[str]
    seconds: float
    peak: int
    """Bytes; largest resident size of any process of the run."""

    def codes(self, name: str) -> set[str]:
        """Problem codes of the input of a name."""
        return {problem["code"] for problem in self.problems(name)}

    def problems(self, name: str) -> list[dict[str, Any]]:
        return [p for one in self.report["inputs"] if one["path"].endswith(name) for p in one.get("problems", [])]

    def complete(self, name: str) -> bool:
        (found,) = [one for one in self.report["inputs"] if one["path"].endswith(name)]
        return bool(found.get("complete", True))


MEASURE = """
import json, resource, subprocess, sys, time
start = time.monotonic()
done = subprocess.run(sys.argv[2:], check=False)
peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
json.dump([done.returncode, time.monotonic() - start, peak], open(sys.argv[1], "w"))
"""


def tree(folder: Path) -> dict[str, tuple[int, ...]]:
    """Names, modes, sizes, times and inodes of all that stands below a folder."""
    found = {}
    for path in sorted(folder.rglob("*")):
        state = path.lstat()
        found[str(path.relative_to(folder))] = (state.st_mode, state.st_size, state.st_mtime_ns, state.st_ino)
    return found


class Range:
    """A folder with the inputs, one beside it that nothing may be written to."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.outside = folder / "outside"
        self.inputs = folder / "inputs"
        self.cache = folder / "cache"
        for one in (self.outside, self.inputs, self.cache):
            one.mkdir()

    def check(self, files: Mapping[str, bytes], *more: str, **environment: str) -> Outcome:
        """Run the command on the files and a good neighbor, each a controller of its own, and check the contract."""
        for name, data in {**files, "good.json": GOOD}.items():
            (self.inputs / name).write_bytes(data)
        arguments = [f"--ecu={n.replace('.', '-')}={self.inputs / n}" for n in [*files, "good.json"]]
        return self.run([str(self.inputs / n) for n in [*files, "good.json"]], *arguments, *more, **environment)

    def run(self, paths: list[str], *more: str, **environment: str) -> Outcome:
        before = tree(self.inputs), tree(self.outside)
        measured = self.folder / "measured.json"
        given = {**os.environ, "NO_COLOR": "1", "XDG_CACHE_HOME": str(self.cache), **environment}
        command = [*command_line(), "check", "-f", "json", "--as-of", AS_OF, *more, *paths]
        done = subprocess.run(
            [sys.executable, "-c", MEASURE, str(measured), *command],
            capture_output=True,
            env=given,
            cwd=self.outside,
            timeout=300,
            check=True,
        )
        code, seconds, peak = json.loads(measured.read_text())
        errors = done.stderr.decode().splitlines()
        assert code in CODES, (code, errors)
        assert all(line.startswith("auditor: ") for line in errors), errors
        assert (tree(self.inputs), tree(self.outside)) == before, "something was written"
        outcome = Outcome(code, json.loads(done.stdout), errors, seconds, peak << 10)
        self.contract(outcome)
        return outcome

    def contract(self, outcome: Outcome) -> None:
        assert outcome.seconds <= WALL * max(1, len(outcome.report["inputs"]))
        assert outcome.peak <= MEMORY, f"{outcome.peak >> 20} MiB"
        verdict = outcome.report["verdict"]
        assert verdict["exitCode"] == outcome.code
        for one in outcome.report["inputs"]:
            for problem in one.get("problems", []):
                assert problem["code"] and problem["message"]
                if problem["code"].startswith("limit-"):
                    assert problem["limit"] and problem["value"] > 0, problem
        if not all(one.get("complete", True) for one in outcome.report["inputs"]):
            assert verdict["result"] != "pass"
            assert any(f["rule"] in ("input-incomplete", "input-opaque") for f in outcome.report["findings"])


@pytest.fixture
def field(tmp_path: Path) -> Range:
    return Range(tmp_path)


def neighbor(outcome: Outcome) -> list[tuple[Any, ...]]:
    """What the report says of the good neighbor alone."""
    findings = [
        (f["rule"], f["verdict"], f["message"]) for f in outcome.report["findings"] if f.get("ecus") == ["good-json"]
    ]
    parts = [(c["name"], c.get("version")) for c in outcome.report["components"] if c.get("ecu") == "good-json"]
    return sorted(findings) + sorted(parts)


@pytest.fixture(scope="module")
def quiet(tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    """A run of the good neighbor alone."""
    return Range(tmp_path_factory.mktemp("alone")).check({})


@pytest.fixture(scope="module")
def alone(quiet: Outcome) -> list[tuple[Any, ...]]:
    found = neighbor(quiet)
    assert ("zlib", "1.2.13") in found
    return found


def says(outcome: Outcome, expected: Mapping[str, str | None]) -> None:
    """Each named input has a problem of that code, and is incomplete; None = it is read."""
    for name, code in expected.items():
        if code is None:
            assert outcome.complete(name), outcome.problems(name)
        else:
            assert code in outcome.codes(name), (name, outcome.problems(name))
            assert not outcome.complete(name)


def test_bombs(field: Range, alone: list[Any]) -> None:
    """S07: streams and archives of zeros: stopped by the ratio, within 256 MiB, long before 10 s each."""
    outcome = field.check(hazards.bombs(), "--timeout", "10")
    assert not {"limit-wall", "limit-step"} & {code for name in hazards.bombs() for code in outcome.codes(name)}
    says(outcome, dict.fromkeys(hazards.bombs(), "limit-ratio"))
    assert outcome.peak <= 256 << 20
    assert neighbor(outcome) == alone


def test_sizes_that_lie(field: Range, alone: list[Any], quiet: Outcome) -> None:
    """S08: what a header declares is never allocated."""
    outcome = field.check(hazards.lies())
    expected = {
        "dictionary.lzma": "limit-memory",
        "window.zst": "limit-memory",
        "size.cpio": "truncated",
        "lies.squashfs": "truncated",
        "sparse.simg": "limit-member-size",
        "groups.ext4": "damaged",
        "huge.dtb": "truncated",
    }
    says(outcome, expected)
    assert outcome.peak <= quiet.peak + (64 << 20)
    assert neighbor(outcome) == alone


def test_nesting_and_overlaps(field: Range, alone: list[Any]) -> None:
    """S09, S10, S29: depth ends with a problem, shared bodies are named."""
    files = {**hazards.nested(), "overlap.zip": hazards.overlapping()}
    files["deep.dtb"] = hazards.flat_tree([b"a"] * 200_000)
    files |= {"itself.itb": hazards.containing_itself(), "ring.dtbo": hazards.overlays(10_000)}
    outcome = field.check(files)
    says(outcome, dict.fromkeys(("nested.gz", "nested.itb", "nested.zip"), "limit-depth"))
    says(outcome, {"tree.zip": "limit-ratio"})
    says(outcome, {"overlap.zip": "overlap", "deep.dtb": "limit-depth", "itself.itb": "limit-depth"})
    says(outcome, {"ring.dtbo": None})
    assert neighbor(outcome) == alone


def test_members_that_want_out(field: Range, alone: list[Any]) -> None:
    """S11, S12: nothing is written, devices are facts, good members stay."""
    files = {**hazards.escapes(str(field.outside)), "devices.tar": hazards.devices()}
    outcome = field.check(files)
    assert not list(field.folder.rglob(f"*{hazards.CANARY}*"))
    assert neighbor(outcome) == alone
    (field.inputs / "all.tar").write_bytes(hazards.tar((name, b"0", "", data) for name, data in files.items()))
    command = [*command_line(), "tree", str(field.inputs / "all.tar"), "-f", "json"]
    listed = subprocess.run(command, capture_output=True, check=False)
    nodes = json.loads(listed.stdout)["files"]
    assert {"char-device", "block-device", "fifo"} <= {node["kind"] for node in nodes}
    digest = hashlib.sha256(b"good member").hexdigest()
    kept = {node["path"].split("!/")[0] for node in nodes if node["path"].endswith("ok") and node["sha256"] == digest}
    assert kept == set(hazards.escapes(""))


@pytest.mark.integration
@pytest.mark.skipif(shutil.which("mksquashfs") is None, reason="needs mksquashfs")
def test_a_file_system_of_zeros(field: Range, alone: list[Any], tmp_path: Path) -> None:
    """S07: 1 GiB of zeros in a squashfs, not as a hole."""
    (tmp_path / "root").mkdir()
    with open(tmp_path / "root/zeros", "wb") as file:
        file.truncate(1 << 30)
    image = tmp_path / "zeros.squashfs"
    subprocess.run(["mksquashfs", tmp_path / "root", image, "-quiet", "-no-sparse"], check=True, capture_output=True)
    outcome = field.check({"zeros.squashfs": image.read_bytes()})
    assert any(code.startswith("limit-") for code in outcome.codes("zeros.squashfs"))
    assert not outcome.complete("zeros.squashfs")
    assert outcome.peak <= 256 << 20
    assert neighbor(outcome) == alone


@pytest.mark.integration
@pytest.mark.parametrize("kind", ["ext4", "squashfs", "ubifs"])
@pytest.mark.parametrize("name", [b"../../up", b"a/../../b", b"a\0b/../c", b"/etc/pwd"])
def test_names_inside_file_systems(tmp_path: Path, kind: str, name: bytes) -> None:
    """S11: names that no tool writes stay below the image, and good members are read."""
    tool = {"ext4": "mke2fs", "squashfs": "mksquashfs", "ubifs": "mkfs.ubifs"}[kind]
    if shutil.which(tool) is None:
        pytest.skip(f"{tool} is not installed")
    root, image = tmp_path / "root", tmp_path / "image"
    root.mkdir()
    (root / "ok").write_bytes(b"good member")
    place = "N" * len(name)
    (root / place).write_bytes(b"named")
    plain = ["-noI", "-noD", "-noF", "-noX", "-quiet"]
    commands = {
        "ext4": [tool, "-q", "-t", "ext4", "-d", root, image, "1M"],
        "squashfs": [tool, root, image, *plain],
        "ubifs": [tool, "-r", root, "-m", "2048", "-e", "126976", "-c", "100", "-o", image],
    }
    subprocess.run(commands[kind], check=True, capture_output=True)
    data = image.read_bytes()
    assert place.encode() in data
    renamed = data.replace(place.encode(), name)
    image.write_bytes(hazards.signed_nodes(renamed) if kind == "ubifs" else renamed)
    out = tmp_path / "outside/out"
    out.mkdir(parents=True)
    command = [*command_line(), "tree", str(image), "-f", "json", "--extract", "*", "-o", str(out)]
    done = subprocess.run(command, capture_output=True, check=False)
    assert done.returncode in CODES, done.stderr
    assert b"Traceback" not in done.stderr
    nodes = json.loads(done.stdout)["files"]
    digest = hashlib.sha256(b"good member").hexdigest()
    assert [node["path"] for node in nodes if node["sha256"] == digest] == ["ok"]
    assert all("\0" not in node["path"] for node in nodes)
    assert sorted(path.name for path in (tmp_path / "outside").iterdir()) == ["out"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["image", "outside", "root"]


def test_programs_with_names_that_are_no_text(field: Range, alone: list[Any]) -> None:
    """S03: symbol and library names of bytes 0xFF cost neither the run nor the rest of the program."""
    body = hazards.symbol_that_is_no_text(Path(shutil.which("true") or sys.executable).read_bytes())
    assert b"\xffibc.so.6" in body
    outcome = field.check({"names.elf": body})
    assert "parser-died" not in outcome.codes("names.elf")
    assert neighbor(outcome) == alone


def test_document_types_are_refused(field: Range, alone: list[Any]) -> None:
    """S17: a document type is refused before anything of it is read."""
    outcome = field.check(hazards.document_types())
    says(outcome, dict.fromkeys(hazards.document_types(), "xml-dtd"))
    assert Path("/etc/hostname").read_text().strip() not in json.dumps(outcome.report["components"])
    assert neighbor(outcome) == alone


def test_large_xml(field: Range, alone: list[Any]) -> None:
    """S18: depth and width of XML end with the limit."""
    outcome = field.check(hazards.large_xml())
    says(outcome, {"deep.xml": "limit-document-depth", "attribute.xml": "limit-string-size"})
    assert any(code.startswith("limit-") for code in outcome.codes("attributes.xml"))
    assert neighbor(outcome) == alone


def test_odd_json(field: Range, alone: list[Any]) -> None:
    """S19: JSON that parsers disagree about has a named code."""
    cases = hazards.odd_json()
    outcome = field.check({name: data for name, (data, _) in cases.items()})
    for name, (_, code) in cases.items():
        assert code is None or code in outcome.codes(name), (name, code, outcome.problems(name))
    says(outcome, {name: code for name, (_, code) in cases.items() if code is None})
    assert neighbor(outcome) == alone


def test_graphs_and_odd_values(field: Range, alone: list[Any]) -> None:
    """S20, S22, S23, S24: graphs, expressions, identifiers and addresses cost nothing."""
    outcome = field.check({**hazards.graphs(), **hazards.odd_values()})
    assert outcome.seconds < WALL
    assert neighbor(outcome) == alone
    assert not any("secret" in line for line in outcome.errors)


@pytest.mark.integration
def test_300_thousand_components(field: Range) -> None:
    """S21: read, or ended by the limit."""
    files = {"many.json": hazards.bill({"name": f"c{n}", "version": "1"} for n in range(300_000))}
    outcome = field.check(files)
    assert outcome.complete("many.json") or "limit-components" in outcome.codes("many.json")
    assert outcome.seconds <= WALL


def test_far_segments(field: Range, alone: list[Any], quiet: Outcome) -> None:
    """S28: addresses that span, overlap or wrap 4 GiB stay segments."""
    outcome = field.check(hazards.far_segments())
    says(outcome, {"far.hex": None, "far.s19": None, "overlap.hex": "overlap", "wrap.s19": "address-wrap"})
    assert outcome.peak <= quiet.peak + (64 << 20)
    assert neighbor(outcome) == alone


def test_things_that_are_no_files(field: Range, tmp_path: Path) -> None:
    """S06: empty, one byte, missing, FIFO, device, socket, empty folder: one line each, none blocks.

    Unreadable, replaced and truncated files: tests/worker/test_inputs.py.
    """
    odd = tmp_path / "odd"
    odd.mkdir()
    os.mkfifo(odd / "fifo")
    (odd / "empty.bin").touch()
    (odd / "one.bin").write_bytes(b"/")
    server = socket.socket(socket.AF_UNIX)
    server.bind(str(odd / "socket"))
    paths = [str(odd / name) for name in ("fifo", "empty.bin", "one.bin", "socket", "missing")] + ["/dev/zero"]
    start = time.monotonic()
    outcome = field.run(paths)
    server.close()
    assert outcome.code == 3
    assert time.monotonic() - start < WALL
    assert len([one for one in outcome.report["inputs"] if one.get("problems")]) == len(paths)
    assert stat.S_ISFIFO((odd / "fifo").lstat().st_mode)


def test_mutants(field: Range, alone: list[Any]) -> None:
    """S01: damaged copies of every kind of seed, all in one run."""
    seeds = {
        "tree.dtb": hazards.flat_tree([b"soc", b"can"]),
        "seed.itb": hazards.flash_image(b"content" * 9),
        "seed.cpio": hazards.cpio([("ok", 0o100644, b"good" * 50)]),
        "seed.tar": hazards.tar([("ok", b"0", "", b"good" * 50)]),
        "seed.hex": hazards.far_segments()["far.hex"],
        "seed.s19": hazards.far_segments()["far.s19"],
        "seed.json": GOOD,
        "seed.elf": Path(shutil.which("true") or sys.executable).read_bytes()[: 1 << 16],
    }
    outcome = field.check(hazards.mutants(seeds, 6, seed=1))
    assert len(outcome.report["inputs"]) == 6 * len(seeds) + 1
    assert neighbor(outcome) == alone


def test_good_links_raise_nothing(field: Range, alone: list[Any]) -> None:
    """S13: links of a usual image survive, and real programs are complete."""
    links = [(f"sbin/tool{number}", b"2", "../bin/busybox", b"") for number in range(100)]
    links += [(f"usr/bin/tool{number}", b"2", "/bin/busybox", b"") for number in range(100)]
    body = Path(shutil.which("true") or sys.executable).read_bytes()
    outcome = field.check({"root.tar": hazards.tar([("bin/busybox", b"0", "", body), *links])})
    says(outcome, {"root.tar": None})
    assert neighbor(outcome) == alone
    command = [*command_line(), "tree", str(field.inputs / "root.tar"), "-f", "json"]
    nodes = json.loads(subprocess.run(command, capture_output=True, check=False).stdout)["files"]
    assert sum(node["kind"] == "symlink" and node["target"].endswith("bin/busybox") for node in nodes) == 200


def test_secrets_stay_out(field: Range) -> None:
    """S32: a key in the image and a token in the environment are in no output."""
    key = b"-----BEGIN RSA PRIVATE KEY-----\nMIIEsecretsecretsecretsecret\n-----END RSA PRIVATE KEY-----\n"
    image = hazards.cpio([("etc/ssl/private.key", 0o100600, key)])
    address = hazards.bill([{"externalReferences": [{"type": "vcs", "url": "https://u:hunter2hunter2@host/x"}]}])
    outcome = field.check({"image.cpio": image, "address.json": address}, BUILD_TOKEN="tokentokentoken")
    text = json.dumps(outcome.report) + "\n".join(outcome.errors)
    for secret in ("MIIEsecret", "tokentokentoken", "hunter2hunter2"):
        assert secret not in text


def test_two_runs_give_the_same_bytes(field: Range) -> None:
    """S33: order, jobs, hash seed, time zone do not show."""
    files = {**hazards.far_segments(), **hazards.lies(), "devices.tar": hazards.devices()}
    for name, data in files.items():
        (field.inputs / name).write_bytes(data)
    paths = [str(field.inputs / name) for name in files]
    made = set()
    for order, jobs, seed in ((paths, "1", "0"), (paths[::-1], "2", "1")):
        command = [*command_line(), "check", "-f", "json", "--as-of", AS_OF, "--jobs", jobs, *order]
        environment = {
            **os.environ,
            "PYTHONHASHSEED": seed,
            "TZ": "Asia/Shanghai" if seed == "1" else "UTC",
            "LANG": "C",
        }
        made.add(subprocess.run(command, capture_output=True, env=environment, check=False).stdout)
    assert len(made) == 1


BILLS = Path(__file__).resolve().parent.parent / "fixtures/boms"


@pytest.mark.integration
@pytest.mark.skipif(shutil.which("strace") is None, reason="needs strace")
def test_no_connection_and_no_write(field: Range) -> None:
    """S17, S24, S35: addresses and entities in documents open no socket and no file; nothing is written but the output.

    Each kind of document goes through its parser, without a home: some libraries write tables beside their code.
    """
    files = {**hazards.document_types(), **hazards.odd_values()}
    for folder in sorted(BILLS.iterdir()):
        kinds = sorted(folder.iterdir(), key=lambda path: (path.stat().st_size, path.name)) if folder.is_dir() else []
        if kinds and folder.name != "LICENSES":
            files[kinds[0].name] = kinds[0].read_bytes()
    assert any(name.endswith(".spdx") for name in files) and any("rdf" in name for name in files), sorted(files)
    for name, data in files.items():
        (field.inputs / name).write_bytes(data)
    log = field.folder / "trace"
    kinds = (
        "trace=connect,open,openat,openat2,creat,mkdir,mkdirat,mknod,mknodat,unlink,unlinkat,rename,renameat,renameat2"
    )
    command = ["strace", "-f", "-qq", "-o", str(log), "-e", kinds, *command_line(), "check", "-f", "json"]
    environment = {name: value for name, value in os.environ.items() if name != "HOME"}
    environment["XDG_CACHE_HOME"] = str(field.cache)
    paths = [str(field.inputs / name) for name in files]
    subprocess.run([*command, *paths], capture_output=True, env=environment, check=False, timeout=300)
    lines = log.read_text(errors="replace").splitlines()
    assert any(str(field.inputs) in line for line in lines)
    assert not [line for line in lines if "connect(" in line and "AF_INET" in line]
    assert not [line for line in lines if "/etc/hostname" in line]
    opened = ("O_CREAT", "O_WRONLY", "O_RDWR", "creat(", "mkdir", "mknod", "unlink", "rename")
    written = [line for line in lines if any(word in line for word in opened) and "= -1" not in line]
    assert [line for line in written if str(field.cache) not in line and "/dev/null" not in line] == []
