"""What `explain` prints on a terminal fits it; into a pipe every text stays on its line."""

from __future__ import annotations

import json
import os
import subprocess
from typing import Any

from program_runs import command_line

RULE = "undeclared-component"


def on_a_terminal(width: int, *arguments: str) -> str:
    reader, writer = os.openpty()
    environment = {**os.environ, "COLUMNS": str(width), "NO_COLOR": "1"}
    with subprocess.Popen([*command_line(), *arguments], stdout=writer, env=environment) as process:
        os.close(writer)
        shown = b""
        while True:
            try:
                piece = os.read(reader, 4096)
            except OSError:  # the other end is closed
                break
            if not piece:
                break
            shown += piece
    os.close(reader)
    assert process.returncode == 0
    return shown.decode()


def test_lines_are_wrapped_on_a_terminal_only(program: Any) -> None:
    narrow = on_a_terminal(60, "explain", RULE)
    assert max(len(line) for line in narrow.splitlines()) <= 60
    piped = program("explain", RULE).stdout.decode()
    assert max(len(line) for line in piped.splitlines()) > 100
    assert narrow.split() == piped.split()


def test_a_name_that_is_neither_finding_nor_rule(demo: Any, tmp_path: Any, program: Any) -> None:
    (tmp_path / "report.json").write_text(json.dumps(demo()))
    done = program("explain", "ffff", "--report", "report.json", cwd=tmp_path)
    assert done.returncode == 2
    assert b"report.json has no finding 'ffff', and there is no rule 'ffff'" in done.stderr
    assert program("explain", "ffff").stderr.startswith(b"auditor: error: there is no rule 'ffff'")
