"""Red when a test was skipped that tests/allowed-skips.txt does not list with a reason.

    python .ci/skips.py PYTEST_LOG ALLOWED

ALLOWED holds `path[:line] or path # reason` lines; a skip is allowed when its path is listed.
"""

import re
import sys
from pathlib import Path


def main() -> int:
    """Compare the skips of a `pytest -rs` log with the list; return the exit code."""
    log = Path(sys.argv[1]).read_text(encoding="utf-8", errors="replace")
    lines = Path(sys.argv[2]).read_text(encoding="utf-8").splitlines()
    allowed = {line.split("#")[0].strip() for line in lines if "#" in line and line.split("#")[0].strip()}
    found = re.findall(r"^SKIPPED \[\d+\] ([^:]+)(?::\d+)?: (.*)$", log, re.MULTILINE)
    wrong = [f"{path}: {reason}" for path, reason in found if path not in allowed]
    for line in wrong:
        print(f"skipped without being listed: {line}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
