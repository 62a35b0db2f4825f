"""A detector that dies, hangs, exhausts or lies costs its own artifact and nothing else."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from small_archives import archive

from auditor.limits import Limits

GOOD = {"a": b"first good file\n", "z": b"last good file\n"}


def folder(path: Path, *actions: str) -> Path:
    path.mkdir()
    for name, data in GOOD.items():
        (path / name).write_bytes(data)
    for action in actions:
        (path / f"m-{action}").write_bytes(b"hostile " + action.encode() + b" \n")
    return path


def alive(marker: str) -> list[int]:
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                line, state = (
                    (entry / "cmdline").read_bytes(),
                    (entry / "stat").read_text().rsplit(")", 1)[1].split()[0],
                )
            except OSError:
                continue
            if marker.encode() in line and state != "Z":
                found.append(int(entry.name))
    return found


DEATHS = {
    "abort": f"parser died (signal {signal.SIGABRT:d}, SIGABRT) while identifying it",
    "segv": f"parser died (signal {signal.SIGSEGV:d}, SIGSEGV) while identifying it",
    "kill": f"parser died (signal {signal.SIGKILL:d}, SIGKILL) while identifying it",
    "quit": "parser died (exit code 0) while identifying it",
}


@pytest.mark.parametrize("action", DEATHS)
def test_death_is_a_problem_of_its_artifact(run, tmp_path, action):
    good = folder(tmp_path / "good")
    bad = folder(tmp_path / "bad", action)
    # a death is seen when it happens: it would be a limit if it were waited for
    alone, damaged, again = run(good, bad, good, limits=Limits(wall=10, step=10))
    assert [(p.code, p.path, p.message) for p in damaged.problems] == [("parser-died", f"m-{action}", DEATHS[action])]
    assert again == alone and not alone.problems
    assert [vote for vote in damaged.evidence if vote.path in GOOD] == list(alone.evidence)
    complete = {artifact.path: artifact.complete for artifact in damaged.artifacts}
    assert complete == {"": False, "a": True, f"m-{action}": False, "z": True}
    assert all(artifact.id for artifact in damaged.artifacts if artifact.kind == "file")


def test_neighbours_inside_one_image_survive_three_deaths(run, tmp_path):
    members = {"a": GOOD["a"], "b": b"hostile abort", "c": b"hostile segv", "d": b"hostile quit", "z": GOOD["z"]}
    (found,) = run(archive(tmp_path / "image.tar", members))
    assert {vote.path for vote in found.evidence} >= {"a", "z"}
    assert [(p.path, p.code) for p in found.problems] == [(name, "parser-died") for name in "bcd"]
    assert [artifact.path for artifact in found.artifacts][:1] == [""] and not found.artifacts[0].complete


def test_fourth_death_ends_the_input_and_keeps_it_listed(run, tmp_path):
    (found,) = run(archive(tmp_path / "image.tar", dict.fromkeys("abcde", b"hostile abort")))
    assert [p.path for p in found.problems if p.code == "parser-died"] == ["a", "b", "c", "d"]
    assert found.artifacts[0].path == "" and len(found.artifacts[0].id) == 64 and not found.artifacts[0].complete


@pytest.mark.parametrize(
    ("action", "code"),
    [("exit", "reader-error"), ("raise", "reader-error"), ("recurse", "reader-error"), ("memory", "limit-memory")],
)
def test_exceptions_stay_in_the_worker(run, tmp_path, action, code):
    (found,) = run(folder(tmp_path / "in", action), limits=Limits(memory=512 << 20))
    assert [(p.code, p.path) for p in found.problems] == [(code, f"m-{action}")]
    assert {vote.path for vote in found.evidence} == set(GOOD)


def test_record_that_has_no_encoding_is_a_problem(run, tmp_path):
    (found,) = run(folder(tmp_path / "in", "surrogate"))
    assert [(p.code, p.path) for p in found.problems] == [("reader-error", "m-surrogate")]
    assert {vote.path for vote in found.evidence} == set(GOOD)


@pytest.mark.parametrize("action", ["busy", "sleep", "pipe"])
def test_hang_is_ended_by_the_step_limit(run, tmp_path, action):
    # ended by the limit of the step while that of the input, four seconds later, is far
    (found,) = run(folder(tmp_path / "in", action), limits=Limits(step=1, wall=5))
    assert [(p.code, p.path, p.limit, p.value) for p in found.problems] == [("limit-step", f"m-{action}", "step", 1)]
    assert {vote.path for vote in found.evidence} == set(GOOD)


def test_hang_is_ended_by_the_wall_limit(run, tmp_path):
    (tmp_path / "one").write_bytes(b"hostile busy")
    (found,) = run(tmp_path / "one", limits=Limits(wall=1))
    assert [(p.code, p.limit, p.value) for p in found.problems] == [("limit-wall", "wall", 1)]
    assert not found.artifacts[0].complete


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_no_orphans_when_the_parent_ends(tmp_path, hostile, number):
    marker = str(tmp_path / "program.py")
    os.symlink(hostile[-1], marker)
    (tmp_path / "one").write_bytes(b"hostile busy")
    script = (
        "import sys\nfrom auditor.limits import Limits\nfrom auditor.worker import Workers, open_input\n"
        "with Workers(Limits(), command=sys.argv[2:]) as workers:\n"
        "    workers.isolation\n    print('ready', flush=True)\n    workers.examine([open_input(sys.argv[1])])\n"
    )
    command = [sys.executable, "-c", script, str(tmp_path / "one"), *hostile[:-1], marker]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as parent:
        assert parent.stdout is not None and parent.stdout.readline() == "ready\n"
        deadline = time.monotonic() + 60
        while len(alive(marker)) < 3 and time.monotonic() < deadline:
            time.sleep(0.05)
        assert len(alive(marker)) >= 3
        parent.send_signal(number)
        parent.wait(60)
        while alive(marker) and time.monotonic() < deadline:
            time.sleep(0.05)
        assert alive(marker) == []


def test_hundred_failed_parses_end_cleanly(run, tmp_path):
    (found,) = run(folder(tmp_path / "in", "lief"))
    assert found.problems == () and len(found.evidence) == 3


def test_any_number_of_workers_gives_the_same(run, tmp_path):
    paths = [
        folder(tmp_path / f"in{number}", *actions) for number, actions in enumerate([["abort"], [], ["raise"], []])
    ]
    assert run(*paths, jobs=1) == run(*paths, jobs=3)


def test_worker_is_replaced_after_its_share_of_inputs(run, tmp_path):
    paths = [folder(tmp_path / f"in{number}") for number in range(5)]
    found = run(*paths, limits=Limits(worker_files=2))
    assert len(set(found)) == 1 and not found[0].problems


def test_program_that_does_not_start_is_said(tmp_path):
    from auditor.worker import Workers, WorkerUnavailable

    command = (sys.executable, "-I", "-c", "raise SystemExit('no such parser')")
    with Workers(Limits(), command=command) as workers, pytest.raises(WorkerUnavailable, match="no such parser"):
        _ = workers.isolation


def test_only_unpacking_loads_and_asks_no_detector(tmp_path, hostile):
    from auditor.worker import Workers, open_input

    opened = open_input(archive(tmp_path / "image.tar", {"a": GOOD["a"], "b": b"hostile abort"}))
    with Workers(Limits(), command=hostile, identify=False) as workers:
        (found,) = workers.examine([opened])
    opened.close()
    assert [artifact.path for artifact in found.artifacts] == ["", "a", "b"]
    assert found.evidence == () and found.problems == () and all(artifact.complete for artifact in found.artifacts)


def test_places_beyond_any_file_are_no_places():
    from auditor.model import Artifact, Problem
    from auditor.worker.examine import Examiner
    from auditor.worker.messages import Batch, Job, encode

    sent: list[Batch] = []
    examiner = Examiner(Job(0), Limits(), lambda *step: None, sent.append, identify=False)
    examiner.report(Problem("truncated", "needs more", offset=1 << 70))
    examiner.report(Problem("truncated", "needs more", offset=7))
    examiner.artifact(Artifact(id="", path="a", kind="file", size=1 << 80, parent=""), None)
    examiner.flush()
    assert [problem.offset for problem in sent[0].problems] == [None, 7]
    assert sent[0].artifacts[0].size == (1 << 63) - 1
    assert encode(sent[0])


@pytest.mark.parametrize("action", ["cycle", "keep"])
def test_views_that_outlive_their_file_cost_no_descriptors(run, tmp_path, action):
    root = tmp_path / "in"
    root.mkdir()
    for number in range(150):
        (root / f"{number}").write_bytes(b"hostile " + action.encode() + b" \n")
    (found,) = run(root)
    assert found.problems == () and len(found.evidence) == 150
