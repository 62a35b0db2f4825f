"""The extra `unblob`: an unknown region is offered to it, and what it or a taken-over one does is bounded."""

import hashlib
import importlib.util
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest
from small_archives import archive
from test_deaths import alive

from auditor.limits import Limits
from auditor.worker import Workers, isolation, open_input, unblob

EXTRACTOR = (sys.executable, "-I", "-B", str(Path(__file__).parent / "hostile_extractor.py"))
INSTALLED = importlib.util.find_spec("unblob") is not None
NEEDS_UNBLOB = pytest.mark.skipif(not INSTALLED, reason="the extra unblob is not installed")


@pytest.fixture(autouse=True)
def temporary(tmp_path, monkeypatch):
    """Private folders are made here, so that a test sees whether they are removed."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    yield folder
    assert list(folder.iterdir()) == []


@pytest.fixture
def place(tmp_path):
    if not (isolation()["seccomp"] and isolation()["landlockAbi"]):
        pytest.skip("the sandbox is not complete on this machine")
    folder = tmp_path / "place"
    folder.mkdir()
    (folder / "there").write_bytes(b"not the extractor's business")
    (folder / "there").chmod(0o600)
    return folder


def examine(path, command=(), **limits):
    opened = open_input(path)
    with Workers(Limits(**limits), identify=False, extractor=command) as workers:
        (found,) = workers.examine([opened])
    opened.close()
    return found


def hostile(place, word, **limits):
    """Offer a region that makes the extractor do as `word` says; returns the examination of the image around it."""
    head = word.encode().ljust(8) + str(place).encode() + b"\0"
    region = head + b"\x01\x02\x80" * 2000
    path = archive(place.parent / "image.tar", {"a": b"before\n"})
    with open(path, "ab") as file:
        file.write(b"\xff" * 64 + region)
    return examine(path, EXTRACTOR, **limits)


def codes(found):
    return {problem.code for problem in found.problems}


def good(found):
    digest = hashlib.sha256(b"a good file\n").hexdigest()
    return [artifact for artifact in found.artifacts if artifact.path.endswith("!/good") and artifact.id == digest]


def test_tree_of_a_region_is_read_back(place):
    found = hostile(place, "good")
    assert codes(found) == set()
    (file,) = good(found)
    region = next(artifact for artifact in found.artifacts if artifact.path == file.parent)
    assert region.kind == "region" and region.format == "unblob-any_thing" and region.understood == region.size
    assert found.artifacts[0].understood == found.artifacts[0].size
    assert all(artifact.complete for artifact in found.artifacts)


def test_a_taken_over_extractor_reaches_nothing(place):
    before = os.stat(place / "there")
    found = hostile(place, "outside")
    assert good(found)
    assert sorted(os.listdir(place)) == ["there"]
    after = os.stat(place / "there")
    assert (after.st_mode, after.st_mtime_ns, after.st_ino) == (before.st_mode, before.st_mtime_ns, before.st_ino)
    tried = next(artifact for artifact in found.artifacts if artifact.path.endswith("!/tried"))
    expected = dict.fromkeys(
        ["write", "remove", "rename", "read", "passwd", "socket", "signal", "session", "device", "fifo"], "denied"
    )
    pieces = []
    opened = open_input(place.parent / "image.tar")
    with Workers(Limits(), identify=False, extractor=EXTRACTOR) as workers:
        workers.examine([opened], wanted="*tried", keep=lambda _order, piece: pieces.append(piece))
    opened.close()
    said = json.loads(b"".join(piece.data for piece in pieces))
    assert {name: value.split()[0] for name, value in said.items() if name != "mode"} == expected
    assert said["mode"] == "done", "metadata calls are answered as done and do nothing"
    assert tried.size == len(b"".join(piece.data for piece in pieces))


def test_links_are_facts_and_never_followed(place):
    found = hostile(place, "links")
    links = {a.path.rpartition("!/")[2]: a for a in found.artifacts if a.kind == "symlink"}
    assert set(links) == {"absolute", "relative", "folder"}
    assert links["folder"].target == str(place)
    secret = hashlib.sha256((place / "there").read_bytes()).hexdigest()
    assert secret not in {artifact.id for artifact in found.artifacts}


def test_names_are_escaped(place):
    found = hostile(place, "names")
    names = {artifact.path.rpartition("!/")[2] for artifact in found.artifacts}
    assert {"\\x1b]52;c;x\\x07", "a!\\xff", "new\\x0aline"} <= names


def test_deep_and_closed_trees_are_read_and_removed(place):
    assert any(artifact.path.endswith("d" * 9) for artifact in hostile(place, "deep").artifacts)
    found = hostile(place, "modes")
    assert good(found)
    assert os.geteuid() == 0 or "unreadable" in codes(found)


@pytest.mark.parametrize(
    ("word", "limits", "code"),
    [
        ("many", {"members": 500}, "limit-members"),
        ("large", {"total_size": 8 << 20}, "limit-total-size"),
        ("hang", {"step": 1}, "limit-step"),
        ("abort", {}, "extractor-died"),
        ("garbage", {}, "extractor-died"),
        ("faults", {}, "extractor-fault"),
    ],
)
def test_what_goes_wrong_is_a_problem_of_the_region(place, word, limits, code):
    found = hostile(place, word, **limits)
    (problem,) = [one for one in found.problems if one.code == code]
    assert problem.path.endswith(".unknown") and problem.message.isprintable()
    assert code.startswith("limit-") == bool(problem.limit and problem.value)
    complete = {artifact.path: artifact.complete for artifact in found.artifacts}
    assert complete["a"] and not complete[""] and not complete[problem.path]


def test_a_chunk_that_ends_behind_the_region_claims_nothing(place):
    found = hostile(place, "lies")
    assert not good(found)
    assert found.artifacts[0].understood < found.artifacts[0].size


def test_no_process_is_left(place):
    assert good(hostile(place, "child"))
    assert alive(EXTRACTOR[-1]) == []


RUN = """
import sys
from auditor.limits import Limits
from auditor.worker import Workers, open_input
with Workers(Limits(), identify=False, extractor=sys.argv[2:]) as workers:
    workers.examine([open_input(sys.argv[1])])
"""


def test_a_killed_run_leaves_no_process_and_the_next_removes_its_folder(place, temporary):
    path = place.parent / "image"
    path.write_bytes(b"hang".ljust(8) + b"\0" + b"\x01\x02\x80" * 2000)
    other = temporary / "auditor-region-other"
    other.mkdir(mode=0o750)
    (other / "region").touch()
    command = [sys.executable, "-c", RUN, str(path), *EXTRACTOR]
    with subprocess.Popen(command, env={**os.environ, "TMPDIR": str(temporary)}) as parent:
        deadline = time.monotonic() + 60
        # the run, the guard, two that sleep; one that is just being forked may be seen as well
        while len(alive(EXTRACTOR[-1])) < 4 and time.monotonic() < deadline:
            time.sleep(0.05)
        assert len(alive(EXTRACTOR[-1])) >= 4
        parent.kill()
    while alive(EXTRACTOR[-1]) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert alive(EXTRACTOR[-1]) == []
    left = set(temporary.iterdir()) - {other}
    assert len(left) == 1
    assert good(hostile(place, "good"))
    assert list(temporary.iterdir()) == [other], "what may be somebody else's stays"
    (other / "region").unlink()
    other.rmdir()


def test_the_folder_of_a_running_run_stays(place, temporary):
    output = unblob.run(b"good    \0", "a", Limits(), EXTRACTOR)
    unblob.remove_stale()
    assert output.root is not None and os.path.isdir(output.root)
    output.close()


def test_without_the_extra_nothing_is_offered(place, monkeypatch):
    monkeypatch.setattr(unblob, "available", lambda: False)
    (place.parent / "noise").write_bytes(random.Random(1).randbytes(9000))
    found = examine(place.parent / "noise")
    assert [problem.code for problem in found.problems] == ["opaque"]
    assert len(found.artifacts) == 1


def test_regions_beyond_the_bounds_are_said(place, monkeypatch):
    monkeypatch.setattr(unblob, "MAX_REGIONS", 0)
    assert "limit-offers" in codes(hostile(place, "good"))


@pytest.fixture
def packed(tmp_path):
    root = tmp_path / "root"
    (root / "sub").mkdir(parents=True)
    (root / "text.txt").write_bytes(b"text of the archive\n" * 50)
    (root / "sub" / "noise.bin").write_bytes(random.Random(7).randbytes(20_000))
    return root


def tree(found, region=""):
    return {
        artifact.path.removeprefix(f"{region}!/"): (artifact.size, artifact.id)
        for artifact in found.artifacts
        if artifact.kind == "file" and artifact.parent == region and artifact.path != region
    }


def files(root):
    return {
        str(path.relative_to(root)): (path.stat().st_size, hashlib.sha256(path.read_bytes()).hexdigest())
        for path in root.rglob("*")
        if path.is_file()
    }


@NEEDS_UNBLOB
@pytest.mark.integration
@pytest.mark.parametrize("tool", ["genromfs", "arj"])
def test_real_unblob_reads_what_we_do_not(tmp_path, packed, tool):
    """romfs is read by unblob itself, ARJ by a program that it runs."""
    if shutil.which(tool) is None or (tool == "arj" and shutil.which("7z") is None):
        pytest.skip(f"{tool} or 7z is not installed")
    image = tmp_path / ("image.arj" if tool == "arj" else "image")
    commands = {"genromfs": ["genromfs", "-f", image, "-d", packed], "arj": ["arj", "a", "-r", image, "."]}
    subprocess.run(commands[tool], cwd=packed, check=True, capture_output=True)
    found = examine(image)
    assert {f"!/{name}": node for name, node in files(packed).items()}.items() <= {
        f"!/{name}": node for name, node in tree(found).items()
    }.items()
    assert found.artifacts[0].format.startswith("unblob-") and found.artifacts[0].understood > image.stat().st_size - 64
    assert {problem.path for problem in found.problems} <= {"sub/noise.bin", "!/sub/noise.bin"}


@NEEDS_UNBLOB
@pytest.mark.integration
def test_real_unblob_reads_a_region_inside_an_image(tmp_path, packed):
    if shutil.which("genromfs") is None:
        pytest.skip("genromfs is not installed")
    subprocess.run(["genromfs", "-f", tmp_path / "rom", "-d", packed], check=True)
    path = archive(tmp_path / "image.tar", {"a": b"before\n"})
    with open(path, "ab") as file:
        file.write(b"\xff" * 64 + (tmp_path / "rom").read_bytes())
    found = examine(path)
    (region,) = [artifact for artifact in found.artifacts if artifact.kind == "region"]
    assert region.format == "unblob-romfs" and files(packed).items() <= tree(found, region.path).items()


@NEEDS_UNBLOB
@pytest.mark.integration
def test_what_unblob_does_not_know_stays_opaque(tmp_path):
    (tmp_path / "noise").write_bytes(random.Random(3).randbytes(50_000))
    found = examine(tmp_path / "noise")
    assert codes(found) == {"opaque"} and not found.artifacts[0].complete
