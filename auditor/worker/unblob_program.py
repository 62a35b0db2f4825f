"""Run unblob on one file, locked in: only the private folder can be written, nothing outside is called.

Started by `auditor.worker.unblob` with the folder as argument; `region` in it is the file, `out` is
where unblob writes. One `Extracted` goes to standard output. Nothing is imported from unblob before the lock.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import msgspec

from auditor.limits import Limits
from auditor.worker import sandbox
from auditor.worker.program import readable_folders
from auditor.worker.unblob import REGION, Chunk, Extracted

PROGRAMS = ("/usr", "/bin", "/sbin", "/lib", "/lib64")
LISTS = ("/etc/ld.so.cache", "/etc/magic", "/etc/magic.mime")
"""Files that the loader and libmagic read."""


def main(arguments: list[str]) -> int:
    """Extract one level of `region`; inner files are left to our own readers."""
    sandbox.die_with_parent()
    folder = Path(arguments[0])
    answer = os.dup(1)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for number in (1, 2):
        os.dup2(nowhere, number)
    limits = msgspec.json.decode(sys.stdin.buffer.read(), type=Limits)
    locked = sandbox.lock_extractor(limits, (*PROGRAMS, *readable_folders()), LISTS, str(folder))
    extracted = _extract(folder) if locked else Extracted(locked=False)
    with open(answer, "wb") as file:
        file.write(msgspec.msgpack.encode(extracted))
    return 0


def _extract(folder: Path) -> Extracted:
    from unblob.processing import ExtractionConfig, process_file

    out = folder / "out"
    out.mkdir()
    config = ExtractionConfig(extract_root=out, max_depth=1, randomness_depth=0, process_num=1, verbose=0)
    result = process_file(config, folder / REGION)
    chunks, faults = [], []
    for task in result.results:
        for report in task.reports:
            if hasattr(report, "handler_name") and hasattr(report, "start_offset"):
                chunks.append(Chunk(report.start_offset, report.end_offset, report.handler_name))
                faults += [_named(inner) for inner in report.extraction_reports]
            elif hasattr(report, "severity"):
                faults.append(_named(report))
    return Extracted(chunks=tuple(chunks), faults=tuple(sorted(set(faults))))


def _named(report: Any) -> str:
    """Name a report by its kind and, where it has one, the program that is missing."""
    missing = getattr(report, "dependencies", ())
    return type(report).__name__ + (f" ({', '.join(missing)})" if missing else "")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
