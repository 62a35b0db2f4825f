"""Which files of a controller come from one build: an operating system takes nothing from another build's image."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from auditor.identify.signatures import describe
from auditor.model import Evidence
from auditor.resolve import same_bytes
from auditor.resolve import votes as weigh

if TYPE_CHECKING:
    from auditor.knowledge import Knowledge

KIND = "rtos"
"""The kind of component of which one controller runs several, one an image."""
MAP = "map"
UNVERSIONED = "unversioned"
_REGION = re.compile(r"(?:^|!/)[^/]*@0x[0-9a-f]{8,16}(?:#\d+)?$")

Place = tuple[str, str]
"""(input id, path of an image); the regions of a flash file are one image."""
Subjects = dict[str, list[Evidence]]


class Builds:
    """The images of one controller, joined where they have their name, loaded bytes or all bytes in common."""

    def __init__(self, votes: Iterable[Evidence], names: Mapping[str, str]) -> None:
        """Take all votes of the controller, and the paths of its inputs by id."""
        self._names = names
        self._home: dict[Place, Place] = {}
        marks: dict[str, Place] = {}
        for vote in votes:
            place = self.place(vote)
            marked = [] if place in self._home else [f"stem:{self._stem(place)}"]
            self._home.setdefault(place, place)
            if vote.claim == "load-digest":
                marked += [f"load:{vote.value}", f"same:{vote.path or vote.artifact}"]
            elif vote.claim == same_bytes.CLAIM:
                marked.append(f"same:{vote.value}")
            for mark in marked:
                one, other = self._root(marks.setdefault(mark, place)), self._root(place)
                self._home[max(one, other)] = min(one, other)

    @staticmethod
    def place(vote: Evidence) -> Place:
        """Return the image a vote stands in."""
        return vote.input, _REGION.sub("", vote.path)

    def of(self, vote: Evidence) -> Place:
        """Return the first image of the build that a vote speaks of."""
        return self._root(self.place(vote))

    def _root(self, place: Place) -> Place:
        while self._home[place] != place:
            place = self._home[place]
        return place

    def _stem(self, place: Place) -> str:
        """Return the name of an image up to its first dot: what `app.elf`, `app.map` and `app.hex` share."""
        name = (place[1] or self._names.get(place[0], place[0])).rsplit("/", 1)[-1]
        return name.partition(".")[0].casefold() or name


def separate(subjects: Subjects, names: Mapping[str, str], knowledge: Knowledge) -> tuple[Subjects, Subjects]:
    """Return the votes by component with one component per instance of an operating system, and the votes that yield.

    A linker map knows less than the image it belongs to: where it names the system that the image's one descends
    from, its votes yield. Instances of different versions in different builds become `key@version`.
    """
    systems = {key: _own(votes) for key, votes in subjects.items() if _is_system(key, votes, knowledge)}
    if sum(len({Builds.place(vote) for vote in own}) for own in systems.values()) < 2:
        return subjects, {}
    builds = Builds((vote for votes in subjects.values() for vote in votes), names)
    yielding = {
        key for key in systems if any(_descends(systems[key], systems[one], builds) for one in _heirs(key, systems))
    }
    kept: Subjects = {}
    for key, votes in subjects.items():
        if key in systems and key not in yielding:
            kept |= _instances(key, votes, builds)
        elif key not in yielding:
            kept[key] = votes
    return kept, {key: subjects[key] for key in sorted(yielding)}


def _is_system(key: str, votes: list[Evidence], knowledge: Knowledge) -> bool:
    if ":" in key:
        return False
    record = knowledge.software(key)
    return (weigh.strongest(votes, "kind") or (record.kind if record is not None else None)) == KIND


def _own(votes: Iterable[Evidence]) -> list[Evidence]:
    return [vote for vote in votes if vote.role == "self" and vote.grade != "weak"]


def _heirs(key: str, systems: Subjects) -> list[str]:
    """Return the systems of this controller whose presence cancels what a signature sees of another one."""
    signature = describe(key)
    named = {name for entry in signature.symbols for name in entry.excludes} if signature is not None else set()
    return sorted(named & systems.keys())


def _descends(base: list[Evidence], heir: list[Evidence], builds: Builds) -> bool:
    """Tell whether one of two systems was only seen in a map, and the other in an image of the same build."""
    in_maps, in_images = ({vote.method == MAP for vote in votes} for votes in (base, heir))
    if len(in_maps) != 1 or len(in_images) != 1 or in_maps == in_images:
        return False
    one, other = {builds.of(vote) for vote in base}, {builds.of(vote) for vote in heir}
    return bool(one & other) or (len(one) == 1 and len(other) == 1)


def _instances(key: str, votes: list[Evidence], builds: Builds) -> Subjects:
    """Divide the votes about a system by version and build; what belongs to no image stays with the strongest."""
    groups: dict[Place, list[Evidence]] = defaultdict(list)
    for vote in _own(votes):
        if vote.method != MAP:
            groups[builds.of(vote)].append(vote)
    versions = {home: weigh.version(own)[0] for home, own in groups.items()}
    exact = sorted({version for version in versions.values() if version}, key=lambda text: (-len(text), text))
    settled = {
        home: next((one for one in exact if weigh.extends(one, version)), version) if version else ""
        for home, version in versions.items()
    }
    if len(set(settled.values())) < 2:
        return {key: votes}
    strength: dict[str, float] = defaultdict(float)
    for home, own in groups.items():
        strength[settled[home] or ""] += sum(map(weigh.weight, own))
    first = min(strength, key=lambda version: (-strength[version], version))
    divided: Subjects = defaultdict(list)
    for vote in votes:
        version = settled.get(builds.of(vote), first) or ""
        divided[key if version == first else f"{key}@{version or UNVERSIONED}"].append(vote)
    return dict(divided)
