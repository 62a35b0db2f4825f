"""The commands of docs/ci.md end as the page says."""

from __future__ import annotations

import re
import shlex
import shutil
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent.parent
PAGE = (ROOT / "docs" / "ci.md").read_text(encoding="utf-8")


def test_every_command_of_the_page_ends_as_it_says(program: Any, tmp_path: Path) -> None:
    for name in ("body.hex", "parts.csv"):
        shutil.copy(ROOT / "fixtures" / "demo" / "body-controller" / name, tmp_path / name)
    (tmp_path / "our-gate.yaml").write_text(re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)[0], encoding="utf-8")
    lines = [line for block in re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL) for line in block.splitlines() if line]
    assert len(lines) >= 15
    for line in lines:
        command, wanted = re.fullmatch(r"auditor (.*?)\s+# ends with (\d+)", line).groups()  # type: ignore[union-attr]
        done = program(*shlex.split(command), cwd=tmp_path)
        assert done.returncode == int(wanted), (line, done.stderr.decode())
        assert b"Traceback" not in done.stderr
