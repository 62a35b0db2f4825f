"""Where the inputs of a report stand on this machine: by their digest, then by their path or name."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from auditor.cli.ending import INPUT, Stop
from auditor.inputs import content_digest, repository

if TYPE_CHECKING:
    from auditor.limits import Limits
    from auditor.model import Input
    from auditor.report.schema import Report


class Places:
    """Files and folders that may be inputs of one report."""

    def __init__(self, given: Sequence[str], limits: Limits) -> None:
        self.given = given
        self.limits = limits
        self._digests: dict[str, str] = {}
        here = Path.cwd().resolve()
        self.folders = dict.fromkeys((repository(here), here))

    def of(self, report: Report) -> list[str]:
        """Return the place of each input, in the report's order. Raises Stop (3) for one that is not to be found.

        No place stands for two inputs of one controller, nor for inputs of different names.
        """
        known = {one.sha256 for one in report.inputs}
        taken: set[tuple[str, str]] = set()
        called: dict[str, str] = {}
        found = []
        for one in report.inputs:
            free = (
                place
                for place in self._candidates(one, known)
                if (one.ecu, place) not in taken and called.get(place, one.path) == one.path
            )
            place = next(free, None)
            if place is None:
                raise Stop(INPUT, f"{one.path}: not found from here; name it: auditor verify REPORT {one.path}")
            taken.add((one.ecu, place))
            called[place] = one.path
            found.append(place)
        return found

    def differs(self, said: Input, place: str) -> str:
        """Say how the file at a place differs from what the report read; nothing when it is the same."""
        if Path(place).is_dir():
            return ""  # its digest is over all files; the second run makes it again
        found = self._digest(place)
        return "" if found == said.sha256 else f"sha256 is {found}, the report says {said.sha256}"

    def _candidates(self, one: Input, known: set[str]) -> Iterator[str]:
        """Yield the same bytes first, of the same name before others; then what only has its name.

        Bytes that are another input of the report (`known` digests) are not this one changed.
        """
        name = Path(one.path).name
        named = sorted(self.given, key=lambda place: Path(place).name != name)
        standing = [str(folder / one.path) for folder in self.folders]
        places = [place for place in (*named, *standing) if Path(place).exists()]
        alike = [place for place in places if Path(place).name == name]
        files = [place for place in places if Path(place).is_file()]
        yield from (place for place in files if self._digest(place) == one.sha256)
        folders = [place for place in alike if Path(place).is_dir()]
        if len(folders) > 1:
            yield from (place for place in folders if self._content(place) == one.sha256)
        yield from (place for place in alike if place in folders or self._digest(place) not in known)

    def _digest(self, place: str) -> str:
        if place not in self._digests:
            with open(place, "rb") as stream:
                self._digests[place] = hashlib.file_digest(stream, "sha256").hexdigest()
        return self._digests[place]

    def _content(self, folder: str) -> str:
        """Return the digest of a folder as a report gives it, by reading the folder as an audit does."""
        if folder not in self._digests:
            from auditor.worker import Workers, open_input

            opened = open_input(folder)
            try:
                with Workers(self.limits, identify=False) as workers:
                    (look,) = workers.examine([opened])
            finally:
                opened.close()
            self._digests[folder] = content_digest(look.artifacts)
        return self._digests[folder]
