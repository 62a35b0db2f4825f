"""Inputs are opened once, never wait, and are what they were when opened."""

import hashlib
import os
import socket
import threading
from io import BytesIO

import pytest

from auditor.worker import hold_input, open_input


def code(path) -> str:
    opened = open_input(path)
    opened.close()
    return ",".join(problem.code for problem in opened.problems)


def test_what_cannot_be_read_is_said(tmp_path):
    (tmp_path / "empty").write_bytes(b"")
    (tmp_path / "one").write_bytes(b"1")
    os.mkfifo(tmp_path / "fifo")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "s"))
    os.symlink("loop", tmp_path / "loop")
    os.symlink("fifo", tmp_path / "link-to-fifo")
    os.symlink("one", tmp_path / "link-to-one")
    expected = {
        "empty": "empty",
        "one": "",
        "missing": "not-found",
        "one/below": "not-found",
        "fifo": "not-regular",
        "s": "not-regular",
        "loop": "unreadable",
        "link-to-fifo": "not-regular",
        "link-to-one": "",
    }
    assert {name: code(tmp_path / name) for name in expected} == expected
    assert code("/dev/zero") == "not-regular"
    assert code("a\0b") == "not-found"
    assert code(tmp_path) == ""


def test_unreadable_file_is_a_problem(tmp_path):
    path = tmp_path / "secret"
    path.write_bytes(b"x")
    path.chmod(0)
    me = os.geteuid()
    for each in [tmp_path, *list(tmp_path.parents)[:2]]:
        if me == 0:
            each.chmod(0o755)
    if me == 0:
        os.seteuid(65534)
    try:
        assert code(path) == "unreadable"
    finally:
        os.seteuid(me)


def test_one_byte_and_empty_files_are_examined(run, tmp_path):
    (tmp_path / "one").write_bytes(b"1")
    (tmp_path / "empty").write_bytes(b"")
    one, empty, missing = run(tmp_path / "one", tmp_path / "empty", tmp_path / "missing")
    assert one.artifacts[0].size == 1 and not one.problems
    assert empty.artifacts[0].id == hashlib.sha256().hexdigest()
    assert [p.code for p in empty.problems] == ["empty"]
    assert missing.artifacts == () and [p.code for p in missing.problems] == ["not-found"]


def test_directory_is_one_input_with_every_node(run, tmp_path):
    root = tmp_path / "root"
    (root / "b").mkdir(parents=True)
    (root / "b" / "inner").write_bytes(b"inner")
    (root / "a").write_bytes(b"a")
    (root / "empty").write_bytes(b"")
    (tmp_path / "outside").write_bytes(b"outside")
    os.symlink("../outside", root / "link")
    os.symlink("..", root / "up")
    os.mkfifo(root / "fifo")
    os.mknod(root / "socket", 0o140600)
    with open(os.fsencode(root) + b"/\xff\x1b", "wb") as file:
        file.write(b"n")
    (found,) = run(root)
    assert [(a.path, a.kind, a.target) for a in found.artifacts] == [
        ("", "directory", None),
        ("a", "file", None),
        ("b", "directory", None),
        ("empty", "file", None),
        ("fifo", "fifo", None),
        ("link", "symlink", "../outside"),
        ("socket", "socket", None),
        ("up", "symlink", ".."),
        ("\\xff\\x1b", "file", None),
        ("b/inner", "file", None),
    ]
    assert not found.problems
    assert {a.path: a.id for a in found.artifacts}["b/inner"] == hashlib.sha256(b"inner").hexdigest()
    assert all(a.parent == "" for a in found.artifacts[1:])


def test_directory_ends_at_the_limit_of_members(run, tmp_path):
    from auditor.limits import Limits

    for number in range(5):
        (tmp_path / str(number)).write_bytes(b"x")
    (found,) = run(tmp_path, limits=Limits(members=3))
    assert [(p.code, p.value) for p in found.problems] == [("limit-members", 3)]
    assert len(found.artifacts) == 4 and not found.artifacts[0].complete


def test_what_was_opened_is_what_is_examined(run, tmp_path, hostile):
    from auditor.limits import Limits
    from auditor.worker import Workers

    (tmp_path / "one").write_bytes(b"the opened one")
    (tmp_path / "other").write_bytes(b"another")
    opened = open_input(tmp_path / "one")
    os.replace(tmp_path / "other", tmp_path / "one")
    with Workers(Limits(), command=hostile) as workers:
        (found,) = workers.examine([opened])
    opened.close()
    assert found.artifacts[0].id == hashlib.sha256(b"the opened one").hexdigest()


@pytest.mark.parametrize("size", [0, 10])
def test_truncation_during_the_scan_is_a_problem(run, tmp_path, size):
    path = tmp_path / "one"
    path.write_bytes(b"hostile watch ".ljust(1 << 16))
    good = tmp_path / "two"
    good.write_bytes(b"good")
    timer = threading.Timer(1, os.truncate, (path, size))
    timer.start()
    found, neighbour = run(path, good)
    timer.join()
    assert [p.code for p in found.problems] == ["input-changed"]
    assert found.artifacts[0].path == "" and not found.artifacts[0].complete
    assert not neighbour.problems and len(neighbour.evidence) == 1


def test_bytes_in_memory_are_an_input(run, hostile):
    from auditor.limits import Limits
    from auditor.worker import Workers

    opened = hold_input("-", BytesIO(b"from standard input"), 19)
    with Workers(Limits(), command=hostile) as workers:
        (found,) = workers.examine([opened])
    opened.close()
    assert found.artifacts[0].size == 19
    assert opened.problems == ()


def test_what_is_too_long_for_memory_is_cut_and_told():
    source = BytesIO(b"from standard input")
    opened = hold_input("-", source, 18)
    opened.close()
    (problem,) = opened.problems
    assert (problem.code, problem.limit, problem.value, opened.size) == ("limit-total-size", "total-size", 18, 18)
    empty = hold_input("-", BytesIO(), 18)
    empty.close()
    assert [one.code for one in empty.problems] == ["empty"]
