"""Audit one image after another in one process; rules, facts and the fork server are loaded once."""

from __future__ import annotations

import hashlib
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from auditor.fleet.fetch import Held, Unreadable
from auditor.inputs import describe, shown
from auditor.pipeline import Options
from auditor.worker import Workers, open_input

if TYPE_CHECKING:
    from auditor.fleet.settings import Settings
    from auditor.report.schema import Report

NAME = "image"
"""What the image and its controller are called in each report: rows depend on the bytes, not on the place."""


class Auditor:
    """Everything an audit needs besides the image. A fresh worker reads each image."""

    def __init__(self, settings: Settings) -> None:
        from auditor import evaluate, knowledge

        self.settings = settings
        self.policy = evaluate.load_policy(**settings.policy)
        self.knowledge = knowledge.load([Path(one) for one in settings.knowledge])
        evaluate.check_places(self.policy, self.knowledge)
        self.options = Options(date.fromisoformat(settings.as_of), limits=settings.limits)
        self.workers = Workers(settings.limits, 1, settings.require_isolation)
        self.workers.__enter__()

    def close(self) -> None:
        """End the fork server."""
        self.workers.__exit__()

    def report(self, held: Held) -> Report:
        """Return the report of one image. Raises Unreadable when it is not what was hashed before."""
        from auditor import evaluate, report
        from auditor.resolve import resolve
        from auditor.trace import trace

        opened = open_input(held.path)
        try:
            (look,) = self.workers.examine([opened])
            found = describe(opened, look, shown(opened.path))
        finally:
            opened.close()
        if found.sha256 != held.sha256:
            raise Unreadable("changed while it was read")
        identity = hashlib.sha256(f"{NAME}\0{found.sha256}".encode()).hexdigest()[:12]
        one = msgspec.structs.replace(found, id=identity, path=NAME, ecu=NAME)
        inventory = trace(resolve([one], [look], self.knowledge), self.knowledge, self.options.as_of)
        judgement = evaluate.evaluate(inventory, self.policy, self.knowledge, as_of=self.options.as_of)
        isolation = msgspec.to_builtins(self.workers.in_force())
        return report.build(inventory, judgement, self.policy, self.knowledge, self.options, isolation)
