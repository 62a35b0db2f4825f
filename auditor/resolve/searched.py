"""What was looked for without a hit: a controller whose operating system nobody recognized."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from auditor.identify.signatures import system_names
from auditor.model import Component, Evidence, Examination, Input

SYSTEMS = frozenset({"os-kernel", "os-distribution", "rtos"})
_NAMED = 3
"""Files or inputs that a line names."""


def systems(
    components: Iterable[Component],
    votes: Iterable[Evidence],
    group: Sequence[tuple[Input, Examination]],
    unnamed: Sequence[str] = (),
) -> list[str]:
    """Return a line per way to recognize an operating system and where it was tried.

    `votes` are all of the controller, `group` its inputs with what they hold, `unnamed` the files that run by
    themselves and got no name: where a system was seen, only these are left to tell of.
    """
    if any(one.observed and one.kind in SYSTEMS for one in components):
        count = len(system_names(SYSTEMS))
        return [f"texts, banners and symbols of {count} systems in {_places(unnamed)}"] if unnamed else []
    paths = {item.id: item.path for item, _ in group}
    papers = {(item.id, paper.path) for item, look in group for paper in look.documents}
    files = sorted(
        "!/".join(filter(None, (item.path, file.path)))
        for item, look in group
        for file in look.artifacts
        if file.id and file.size and (item.id, file.path) not in papers
    )
    named = sorted(
        {
            "!/".join(filter(None, (paths.get(vote.input, ""), vote.path)))
            for vote in votes
            if (vote.claim == "machine" and vote.method != "vector-table")
            or (vote.claim == "format" and vote.value.startswith("map-"))
        }
    )
    if not files:
        return []
    count = len(system_names(SYSTEMS))
    where = f" in {_places(named)}" if named else ", for which neither an ELF file nor a linker map is among the inputs"
    return [f"texts and banners of {count} systems in {_places(files)}", f"their symbols{where}"]


def _places(names: Sequence[str]) -> str:
    """Return the files themselves, or how many of which inputs they are."""
    if len(names) <= _NAMED:
        return ", ".join(names)
    inputs = sorted({name.partition("!/")[0] for name in names})
    return f"{len(names)} files of {', '.join(inputs[:_NAMED])}{' …' if len(inputs) > _NAMED else ''}"
