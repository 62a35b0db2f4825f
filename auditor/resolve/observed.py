"""Components that were seen in the bytes, one per key and controller."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

import msgspec

from auditor.model import Component, Evidence
from auditor.resolve import builds, releases, terms
from auditor.resolve import votes as weigh
from auditor.resolve.identity import KIND_OF_PREFIX, LAYERS, canonical, component_id

if TYPE_CHECKING:
    from auditor.knowledge import Knowledge

FILE = "file:"
PROGRAM = "program:"
"""What a program calls itself, which makes it no known project."""
OWN_PROGRAM = "unidentified:program"
"""Key of an input that is itself an executable: a bill describes it and does not list it."""
VERSIONED = re.compile(r"\.so\.\d|-\d[\d.]*\.so$")


def gather(evidence: Iterable[Evidence], knowledge: Knowledge) -> dict[str, list[Evidence]]:
    """Return the votes by component key; facts about files themselves stand under `file:path`."""
    subjects: dict[str, list[Evidence]] = defaultdict(list)
    keys: dict[str, str] = {}
    for vote in evidence:
        key = keys.get(vote.subject)
        if key is None:
            key = keys[vote.subject] = canonical(vote.subject, knowledge)
        subjects[key].append(vote)
    for key in [one for one in subjects if one.startswith(PROGRAM)]:
        project = knowledge.software_key(name=key.removeprefix(PROGRAM))
        if project in subjects:  # somebody else says that the project is there
            subjects[project] += subjects.pop(key)
    return subjects


def seen(votes: list[Evidence]) -> bool:
    """Tell whether the votes carry a component: its own file, or traces that are more than weak.

    Two different supporting traces or one decisive one are needed where no file is its own.
    """
    if any(vote.role == "self" and vote.grade == "decisive" for vote in votes):
        return True
    supporting = {
        (vote.detector, vote.method, vote.path, vote.value, vote.role)
        for vote in votes
        if vote.grade != "weak" and vote.claim != "license"
    }
    if any(role == "self" for *_, role in supporting):
        return True
    return any(vote.grade == "decisive" for vote in votes) or len(supporting) > 1


def component(key: str, votes: list[Evidence], ecu: str, knowledge: Knowledge) -> Component:
    """Make the component its votes describe."""
    votes = sorted(votes, key=order)
    record = knowledge.software(key.partition("@")[0])
    prefix = key.partition(":")[0] if ":" in key else ""
    kind = weigh.strongest(votes, "kind") or (record.kind if record is not None else None)
    kind = kind or KIND_OF_PREFIX.get(prefix, "library")
    version, contradictions = weigh.version(votes)
    name = weigh.strongest(votes, "name") or (record.name if record is not None else key.partition(":")[2] or key)
    own = sorted({vote.path for vote in votes if vote.role == "self"})
    return Component(
        id=component_id(kind, key, version, ecu),
        key=key,
        kind=kind,
        layer=weigh.strongest(votes, "layer") or LAYERS.get(kind, "middleware"),
        name=name,
        ecu=ecu,
        version=version,
        version_range=None if version else weigh.strongest(votes, "version-range"),
        purl=weigh.strongest(votes, "purl"),
        cpe=weigh.strongest(votes, "cpe"),
        mpn=weigh.strongest(votes, "mpn"),
        observed=True,
        observed_licenses=tuple(
            # weak: what a signature's data says of its component, not what these bytes say
            sorted({vote.value for vote in votes if vote.claim == "license" and vote.grade != "weak"})
        ),
        paths=tuple(own),
        soname=weigh.strongest(votes, "soname"),
        linkage=None if own else "static",
        evidence=tuple(votes),
        contradictions=contradictions,
    )


def order(vote: Evidence) -> tuple[object, ...]:
    """Return the sort key of votes: strongest first, then by place."""
    return (
        -weigh.weight(vote),
        vote.input,
        vote.path,
        vote.claim,
        vote.value,
        vote.detector,
        vote.method,
        -1 if vote.offset is None else vote.offset,
        vote.pointer or "",
        vote.line or 0,
    )


def components(
    evidence: Iterable[Evidence], ecu: str, names: Mapping[str, str], knowledge: Knowledge
) -> tuple[dict[str, Component], dict[str, list[Evidence]]]:
    """Return the components of one controller by key, and the votes that made none.

    `names` are the paths of the inputs by their ids.
    """
    found: dict[str, Component] = {}
    subjects, rest = builds.separate(gather(evidence, knowledge), names, knowledge)
    for key, votes in sorted(terms.divide(releases.divide(subjects), knowledge).items()):
        if key.startswith(FILE) or not seen(votes):
            rest[key] = votes
        else:
            found[key] = terms.named(component(key, votes, ecu, knowledge), ecu)
    found |= libraries(found, rest, ecu, knowledge)
    for key, stated in sonames(found, rest).items():
        evidence = tuple(sorted((*found[key].evidence, *stated), key=order))
        found[key] = msgspec.structs.replace(found[key], evidence=evidence, soname=stated[0].value)
    return found, rest


def sonames(found: dict[str, Component], rest: dict[str, list[Evidence]]) -> dict[str, list[Evidence]]:
    """Return the SONAMEs that the own files of components state, by component key."""
    owner = {(vote.input, vote.path): key for key, one in found.items() for vote in one.evidence if vote.role == "self"}
    names: dict[str, list[Evidence]] = defaultdict(list)
    for file in sorted(rest):
        for vote in rest[file]:
            key = owner.get((vote.input, vote.path))
            if vote.claim == "soname" and key is not None and vote not in found[key].evidence:
                names[key].append(vote)
    return names


def owned(components: Iterable[Component]) -> set[tuple[str, str]]:
    """Return the (input, path) of every file that is a component's own."""
    return {(vote.input, vote.path) for one in components for vote in one.evidence if vote.role == "self"}


def libraries(
    found: dict[str, Component], rest: dict[str, list[Evidence]], ecu: str, knowledge: Knowledge
) -> dict[str, Component]:
    """Return a component for each shared library that nothing else names, under its SONAME.

    It is called by the stem of the SONAME, which is a guess; the number behind it is that of an interface and no
    version. A SONAME without a number is a plug-in's: it counts among the executables nobody identified.
    """
    taken = owned(found.values())
    made: dict[str, list[Evidence]] = defaultdict(list)
    for votes in rest.values():
        for vote in votes:
            if vote.claim == "soname" and VERSIONED.search(vote.value) and (vote.input, vote.path) not in taken:
                stem = VERSIONED.split(vote.value, maxsplit=1)[0]
                key = f"soname:{vote.value}"
                name = msgspec.structs.replace(vote, claim="name", value=stem, method="soname", grade="weak")
                made[key] += (vote, msgspec.structs.replace(name, subject=key))
    return {key: component(key, votes, ecu, knowledge) for key, votes in sorted(made.items()) if key not in found}


def programs(rest: dict[str, list[Evidence]], taken: set[tuple[str, str]]) -> dict[str, list[Evidence]]:
    """Return the facts about each ELF file that is nobody's own, by its path."""
    files = {}
    for key, votes in rest.items():
        if key.startswith(FILE):
            left = [vote for vote in votes if (vote.input, vote.path) not in taken]
            if any(vote.claim == "machine" for vote in left):
                files[left[0].path] = left
    return files


def unidentified(files: dict[str, list[Evidence]], ecu: str, knowledge: Knowledge) -> dict[str, Component]:
    """Return what stands for all executables nobody identified: they are not nothing. An input's path is empty."""
    inside = {path: votes for path, votes in files.items() if path}
    name = "1 unidentified executable" if len(inside) == 1 else f"{len(inside)} unidentified executables"
    return {
        **_unidentified("unidentified:executables", name, inside, ecu, knowledge),
        **_unidentified(OWN_PROGRAM, f"program of {ecu}", {"": files.get("", [])}, ecu, knowledge),
    }


def _unidentified(
    key: str, name: str, files: dict[str, list[Evidence]], ecu: str, knowledge: Knowledge
) -> dict[str, Component]:
    votes = [vote for path in sorted(files) for vote in files[path] if vote.claim in ("machine", "build-id")]
    if not votes:
        return {}
    one = component(key, votes, ecu, knowledge)
    return {key: msgspec.structs.replace(one, name=name, kind="application", layer="application")}
