"""Pair a build's ELF file with what is flashed: the same bytes at the same addresses, proven by their digests.

An ELF file with symbols says what a flat image, HEX or S-record file of the same build only contains.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

import msgspec

from auditor.model import Artifact, Evidence, Examination, Input

CLAIM = "same-bytes-as"
FLAT = "flat"
_TOLD = ("name", "kind")

Place = tuple[str, str]
"""(input id, path)"""
File = tuple[Place, str]
"""Where a file is, and its sha256."""


def votes(known: Sequence[Evidence], group: Iterable[tuple[Input, Examination]]) -> Iterator[Evidence]:
    """Yield, for each flashed file that carries an ELF file's bytes, that it does, and what the ELF file names.

    `known` are the votes of one controller with their inputs, `group` its inputs with what they hold.
    """
    digests: dict[Place, dict[str, Evidence]] = defaultdict(dict)
    named: dict[Place, list[Evidence]] = defaultdict(list)
    for vote in known:
        place = (vote.input, vote.path)
        if vote.claim == "load-digest":
            digests[place][vote.value] = vote
        elif vote.role == "self" and vote.claim in _TOLD and vote.grade != "weak" and vote.subject[:5] != "file:":
            named[place].append(vote)
    if not digests:
        return
    flat, regions = _flashed(group)
    for place, own in sorted(digests.items()):
        whole = [value.partition(":")[2] for value in own if value.startswith(FLAT)]
        runs = {value for value in own if not value.startswith(FLAT)}
        carriers = {where for digest in whole for where in flat.get(digest, ())}
        carriers |= {where for where, has in regions.items() if runs and runs <= has}
        first = own[min(own)]
        for (input_, path), digest in sorted(carriers):
            same = msgspec.structs.replace(first, subject=f"file:{path}", claim=CLAIM, value=place[1] or first.artifact)
            for vote in (same, *named[place]):
                yield msgspec.structs.replace(
                    vote,
                    input=input_,
                    path=path,
                    artifact=digest,
                    offset=None,
                    method="same-bytes",
                    grade="decisive",
                )


def _flashed(group: Iterable[tuple[Input, Examination]]) -> tuple[dict[str, set[File]], dict[File, set[str]]]:
    """Return files by digest, and for each flash file with addresses the `address:digest` of its regions."""
    flat: dict[str, set[File]] = defaultdict(set)
    regions: dict[File, set[str]] = defaultdict(set)
    for item, look in group:
        by_path: dict[str, Artifact] = {file.path: file for file in look.artifacts}
        for file in look.artifacts:
            address = file.path.rpartition("@")[2]
            if file.kind == "region" and file.parent is not None and address[:2] == "0x" and file.id:
                holder = by_path.get(file.parent)
                if holder is not None:
                    regions[(item.id, holder.path), holder.id].add(f"{address}:{file.id}")
            elif file.id:
                flat[file.id].add(((item.id, file.path), file.id))
    return flat, regions
