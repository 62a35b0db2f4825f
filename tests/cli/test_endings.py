"""Every exit code by the real command: one clear line, no traceback."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
BOX = ROOT / "fixtures" / "demo" / "t-box"


def one_line(done: subprocess.CompletedProcess[bytes]) -> str:
    text = done.stderr.decode()
    assert "Traceback" not in text
    lines = [line for line in text.splitlines() if line]
    assert len(lines) <= 1, text
    return text


def test_findings_end_with_1(program: Any) -> None:
    assert program("demo").returncode == 1


def test_nothing_above_the_gate_ends_with_0(program: Any) -> None:
    done = program("demo", "--fail-on", "never", "-f", "json")
    assert (done.returncode, json.loads(done.stdout)["verdict"]["result"]) == (0, "pass")


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [
        (["check", "--no-such"], "--no-such"),
        (["chekc"], "chekc"),
        (["check", "--home", "China", "x"], "alpha-2"),
        (["check", "-f", "jsn", "x"], "jsn"),
        (["rules", "show", "os-kernel-foreign-vendr"], "os-kernel-foreign-vendor"),
    ],
)
def test_wrong_use_ends_with_2(arguments: list[str], hint: str, program: Any) -> None:
    done = program(*arguments)
    assert done.returncode == 2
    assert hint in one_line(done)


def test_unreadable_inputs_end_with_3(program: Any, tmp_path: Path) -> None:
    (tmp_path / "note.txt").write_text(
        "just a note, longer than sixty-four bytes, in no format that anybody would audit\n"
    )
    (tmp_path / "empty").write_bytes(b"")
    (tmp_path / "few.bin").write_bytes(bytes(range(40)))
    for name in ("note.txt", "empty", "few.bin", "missing"):
        done = program("check", name, "-f", "json", cwd=tmp_path)
        assert done.returncode == 3, name
        report = json.loads(done.stdout)
        assert report["verdict"]["result"] == "inconclusive"
        assert len(report["inputs"][0]["problems"]) == 1
        assert "Traceback" not in done.stderr.decode()
        text = program("check", name, "-f", "text", cwd=tmp_path)
        assert f"  {name}: " in text.stdout.decode()
    assert program("check", "missing", "--allow-empty", "-f", "json", cwd=tmp_path).returncode == 0
    assert program("check", cwd=tmp_path).returncode == 3


@pytest.mark.parametrize("share", [0.3, 0.6, 0.9])
def test_truncated_image_ends_with_4(share: float, program: Any, tmp_path: Path) -> None:
    data = (BOX / "rootfs.squashfs").read_bytes()
    used = int.from_bytes(data[40:48], "little")
    (tmp_path / "cut.squashfs").write_bytes(data[: int(used * share)])
    done = program("check", "cut.squashfs", "-f", "json", "--fail-on", "critical", cwd=tmp_path)
    report = json.loads(done.stdout)
    assert (done.returncode, report["verdict"]["result"]) == (4, "inconclusive"), report["verdict"]
    assert report["inputs"][0]["complete"] is False
    assert "input-incomplete" in {one["rule"] for one in report["findings"]}


def test_bytes_of_no_format_are_a_raw_image_and_inconclusive(program: Any, tmp_path: Path) -> None:
    (tmp_path / "raw.bin").write_bytes(bytes(range(256)) * 40)
    done = program("check", "raw.bin", "-f", "json", cwd=tmp_path)
    report = json.loads(done.stdout)
    assert (done.returncode, report["inputs"][0]["type"]) == (4, "raw-image")
    assert "os-not-identified" in {one["rule"] for one in report["findings"] if one["verdict"] == "undetermined"}


def test_invalid_rule_ends_with_5_and_says_where(program: Any, tmp_path: Path) -> None:
    text = (ROOT / "rules" / "autonomy" / "os-kernel-foreign-vendor.yaml").read_text(encoding="utf-8")
    text = text.replace("id: os-kernel-foreign-vendor", "id: my-rule").replace(
        "component.governance ==", "component.governence =="
    )
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "my-rule.yaml").write_text(text, encoding="utf-8")
    done = program("check", str(BOX / "kernel.bin"), "--rules", str(tmp_path / "rules"))
    assert done.returncode == 5
    line = one_line(done)
    number = next(i for i, row in enumerate(text.splitlines(), 1) if "governence" in row)
    column = text.splitlines()[number - 1].index("governence")
    assert f"my-rule.yaml:{number}:" in line
    assert abs(int(line.split(f":{number}:")[1].split(":")[0]) - column) <= len("component.") + 1
    assert "governance" in line


def test_invalid_knowledge_ends_with_5(program: Any, tmp_path: Path) -> None:
    (tmp_path / "parties").mkdir()
    (tmp_path / "parties" / "mine.yaml").write_text("- id: example-maker\n  name: Example Maker\n  seet: DE\n")
    done = program("check", str(BOX / "kernel.bin"), "--knowledge", str(tmp_path))
    assert done.returncode == 5
    assert "mine.yaml:3:" in one_line(done)


def test_unwritable_report_ends_with_7_and_leaves_the_old_one(program: Any, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    done = program("demo", "-o", f"json={tmp_path / 'folder'}")
    assert done.returncode == 7
    assert "folder" in one_line(done)
    old = tmp_path / "missing" / "report.json"
    assert program("demo", "-o", f"json={old}").returncode == 7


def test_exit_zero_turns_findings_into_0_only(program: Any, tmp_path: Path) -> None:
    assert program("demo", "--exit-zero").returncode == 0
    assert program("check", "missing", "--exit-zero", cwd=tmp_path).returncode == 3


def test_the_code_does_not_depend_on_the_format(program: Any) -> None:
    assert {program("demo", "-f", name).returncode for name in ("text", "json")} == {1}


def test_closed_pipe_ends_quietly() -> None:
    done = subprocess.run(
        f"{sys.executable} -m auditor demo | head -1; echo ${{PIPESTATUS[0]}}",
        shell=True, executable=shutil.which("bash"), capture_output=True, check=False, cwd=ROOT,
    )  # fmt: skip
    assert done.stderr == b""
    assert done.stdout.splitlines()[-1] in (b"141", b"1")  # 1 when head was still reading


def test_nobody_reading_ends_with_141() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        [sys.executable, "-m", "auditor", "demo", "-f", "json"],
        stdout=writer,
        stderr=subprocess.PIPE,
        check=False,
        cwd=ROOT,
    )
    os.close(writer)
    assert (done.returncode, done.stderr) == (141, b"")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a full device is Linux's")
@pytest.mark.parametrize("arguments", [["demo", "-f", "json"], ["rules", "list"]])
def test_full_standard_output_ends_with_7(arguments: list[str]) -> None:
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "auditor", *arguments], stdout=full, stderr=subprocess.PIPE, check=False, cwd=ROOT
        )
    assert done.returncode == 7
    assert "standard output could not be written" in done.stderr.decode()


def test_outputs_are_written_beside_standard_output(program: Any, tmp_path: Path) -> None:
    done = program("demo", "-f", "text", "-o", f"json={tmp_path / 'report.json'}")
    assert done.stdout.startswith(b"auditor ")
    assert json.loads((tmp_path / "report.json").read_bytes())["verdict"]["exitCode"] == 1
    assert [path.name for path in tmp_path.iterdir()] == ["report.json"]


def test_inventory_of_what_was_not_read_in_full_ends_with_4(program: Any, tmp_path: Path) -> None:
    (tmp_path / "refused.cdx.xml").write_text(
        '<?xml version="1.0"?><!DOCTYPE bom [<!ENTITY a "b">]><bom xmlns="http://cyclonedx.org/schema/bom/1.6"/>'
    )
    done = program("scan", "-q", "refused.cdx.xml", cwd=tmp_path)
    assert done.returncode == 4
    assert "document type" in one_line(done)
    assert program("scan", "-q", str(BOX / "t-box.dtb")).returncode == 0


@pytest.fixture
def sealed(tmp_path: Path) -> Iterator[Path]:
    """A folder in which nobody may write; root may write in any but the kernel's."""
    if os.geteuid() == 0 and sys.platform == "linux":
        yield Path("/sys")
        return
    folder = tmp_path / "sealed"
    folder.mkdir(mode=0o500)
    yield folder
    folder.chmod(0o700)


@pytest.mark.parametrize("name", ["json", "html", "xlsx"])
def test_a_folder_that_takes_no_file_ends_with_7_and_one_line(name: str, sealed: Path, program: Any) -> None:
    done = program("demo", "-o", f"{name}={sealed / 'report'}")
    assert done.returncode == 7
    assert "could not be written" in one_line(done)
    assert done.stdout == b""


def test_a_cache_that_takes_no_file_is_no_reason_to_fail(sealed: Path, program: Any) -> None:
    given = {"AUDITOR_FRESH": "", "AUDITOR_CACHE_DIR": str(sealed / "cache")}
    done = program("check", str(BOX / "t-box.dtb"), "-f", "json", environment=given)
    assert done.returncode in (1, 4)
    assert "Traceback" not in done.stderr.decode()


def test_which_code_wins(program: Any, tmp_path: Path) -> None:
    """70 > 2 > 5 > 7 > 3 > 6 > 1 > 4 > 0, pair by pair, as far as one command can bring two about."""
    nowhere = f"json={tmp_path / 'no' / 'folder'}"
    (tmp_path / "waivers.yaml").write_text("waivers: [{}]\n")
    (tmp_path / "old.yaml").write_text(
        "waivers:\n  - {rule: bom-missing, ecu: x, reason: accepted-risk, owner: a, expires: '2020-01-01'}\n"
    )
    runs = {
        2: ("check", "missing", "--no-such", "-o", nowhere),
        5: ("check", "missing", "--waivers", "waivers.yaml", "-o", nowhere),
        7: ("check", "missing", "-o", nowhere, "-f", "json"),
        3: ("check", "missing", str(BOX / "kernel.bin"), "-f", "json"),
        1: ("check", str(BOX / "t-box.dtb"), "--fail-on", "low", "-f", "json"),
    }
    assert {code: program(*words, cwd=tmp_path).returncode for code, words in runs.items()} == {
        code: code for code in runs
    }
    both = ("--waivers", "old.yaml", "--strict-waivers", "-f", "json")
    done = program("check", "missing", *both, cwd=tmp_path)
    assert (done.returncode, json.loads(done.stdout)["verdict"]["exitCode"]) == (5, 5)
    assert program("check", "missing", "--waivers", "old.yaml", "-f", "json", cwd=tmp_path).returncode == 3
