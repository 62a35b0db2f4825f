"""What a detector gets to see of one artifact; shared work (ELF parsing) is done once, on first use.

A detector is one module of `identify/firmware` with NAME, TITLE, CLAIMS (a tuple of the claims
it makes) and one function `detect(sample) -> Iterable[Evidence]`. It decides by itself, cheaply,
whether the artifact concerns it. A document format is one module of `identify/documents` with
NAME, TITLE, `sniff(sample) -> bool` and `read(sample) -> Document`.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any

from auditor.limits import Limits
from auditor.model import Artifact, Evidence, Grade, Role
from auditor.unpack.view import View

CONTROLS = bytes(code for code in range(32) if code not in b"\t\n\f\r") + b"\x7f"


class Sample:
    """One artifact with its bytes."""

    def __init__(self, artifact: Artifact, view: View, limits: Limits, declared: str = "") -> None:
        self.artifact = artifact
        self.view = view
        self.limits = limits
        self.declared = declared
        """The type that the user says it has; empty = its bytes tell."""
        self.head = view.head(4096)
        """The first 4 KiB."""
        self.name = artifact.path.rsplit("/", 1)[-1]
        """Last part of the path."""

    @cached_property
    def is_text(self) -> bool:
        """Whether the first 4 KiB have no control characters."""
        return bool(self.head) and len(self.head.translate(None, CONTROLS)) == len(self.head)

    @cached_property
    def data(self) -> bytes:
        """All bytes, as `bytes` (libraries want those); copied once."""
        return bytes(self.view.data)

    @cached_property
    def elf(self) -> Any:
        """The parsed ELF (`identify/firmware/elf.py:Elf`), or None when it is not one."""
        if self.head[:4] != b"\x7fELF":
            return None
        from auditor.identify.firmware import elf

        return elf.parse(self)

    @cached_property
    def hits(self) -> Any:
        """What the signatures found in it (list of `identify/signatures/match.py:Hit`)."""
        from auditor.identify.firmware import signatures

        return signatures.hits(self)

    def vote(
        self,
        subject: str,
        claim: str,
        value: str,
        *,
        detector: str,
        method: str,
        grade: Grade,
        role: Role = "self",
        offset: int | None = None,
        pointer: str | None = None,
        line: int | None = None,
    ) -> Evidence:
        """Make one vote that stands in this artifact."""
        return Evidence(
            subject=subject,
            claim=claim,
            value=value,
            detector=detector,
            method=method,
            grade=grade,
            role=role,
            path=self.artifact.path,
            artifact=self.artifact.id,
            offset=offset,
            pointer=pointer,
            line=line,
        )
