"""The program as users run it, in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

AS_OF = "2026-11-24"


def command_line() -> list[str]:
    """The installed program; where there is no script (an environment without one), the module."""
    script = Path(sys.executable).with_name("auditor")
    return [str(script)] if script.exists() else [sys.executable, "-m", "auditor"]


def run_program(*arguments: str, **given: Any) -> subprocess.CompletedProcess[bytes]:
    """Run it with these arguments; `environment` adds variables, the rest goes to subprocess.run."""
    environment = {**os.environ, "NO_COLOR": "1", **given.pop("environment", {})}
    return subprocess.run(
        [*command_line(), *arguments],
        capture_output=True,
        env=environment,
        timeout=300,
        check=False,
        **given,
    )
