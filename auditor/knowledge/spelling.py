"""Names and part numbers in one spelling, so that they compare equal. Never edit distance: near is not the same."""

from __future__ import annotations

import re
import unicodedata

from auditor.knowledge.records import Conventions

MAX_LENGTH = 300
"""Characters of a name or part number that are looked at."""

_SEPARATORS = re.compile(r"[\s.,;:()\[\]{}'\"`’/\\&+_*|-]+")


class Spelling:
    """The conventions of `conventions.yaml`, compiled."""

    def __init__(self, conventions: Conventions) -> None:
        forms = sorted((fold(form) for form in conventions.legal_forms), key=lambda form: (-len(form), form))
        self._forms = tuple(forms)
        self._phrases = tuple(fold(phrase) for phrase in conventions.country_phrases)
        self._distributors = tuple(re.compile(pattern) for pattern in conventions.distributor_part_numbers)
        self._packing = tuple(re.compile(rf"(?:{pattern})$") for pattern in conventions.packing_suffixes)

    def party(self, text: str) -> str:
        """Fold a party's name and cut legal forms off its end (and, for Chinese, without a blank before)."""
        name = fold(text)
        changed = True
        while changed:
            changed = False
            for form in self._forms:
                rest = name.removesuffix(form)
                if rest != name and rest.strip() and (rest.endswith(" ") or not form.isascii()):
                    name, changed = rest.strip(), True
        return name

    def country(self, text: str) -> str:
        """Fold a country's name and cut words such as `made in` off its start."""
        name = fold(text)
        for phrase in self._phrases:
            name = name.removeprefix(phrase + " ").strip()
        return name

    def part_number(self, text: str) -> str:
        """Upper case, full-width signs made plain, no blanks, without a distributor's numbers and packing marks."""
        number = re.sub(r"\s+", "", unicodedata.normalize("NFKC", text[:MAX_LENGTH])).upper()
        for pattern in self._distributors:
            match = pattern.fullmatch(number)
            if match:
                number = match[1]
                break
        for pattern in self._packing:
            shorter = pattern.sub("", number)
            if len(shorter) >= 4:
                number = shorter
        return number


def fold(text: str) -> str:
    """Compatibility-normalize, case-fold, drop Latin accents, and turn punctuation into single blanks."""
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text[:MAX_LENGTH]).casefold())
    bare = "".join(char for char in plain if not "\u0300" <= char <= "\u036f")
    return _SEPARATORS.sub(" ", unicodedata.normalize("NFKC", bare).casefold()).strip()


def version_key(version: str) -> tuple[int, ...]:
    """Return the leading numbers of a version (`6.4.1_rel` -> (6, 4, 1)); empty when it starts with none."""
    match = re.match(r"[vV]?(\d{1,9}(?:\.\d{1,9}){0,7})", version)
    if not match:
        return ()
    numbers = [int(part) for part in match[1].split(".")]
    while numbers and numbers[-1] == 0:
        numbers.pop()
    return tuple(numbers)


_HOSTS = ("pkg:github/", "pkg:gitlab/", "pkg:bitbucket/")


def bare_purl(purl: str) -> str:
    """Cut version, qualifiers and subpath off a package URL; hosts of repositories know no case (purl types)."""
    bare = re.split(r"[@?#]", purl, maxsplit=1)[0]
    return bare.lower() if bare.startswith(_HOSTS) else bare


def by_name(purl: str) -> bool:
    """Tell whether a package URL means the project that is known under the name, not somebody's package of that name.

    Recipes of Conan without a user are called after the upstream project (docs.conan.io, recipe references).
    """
    return bool(re.match(r"pkg:(?:generic/|conan/[^/]+$)", bare_purl(purl)))


_HOSTED = re.compile(r"https?://(?:www\.)?(github|gitlab|bitbucket)\.(?:com|org)/([\w.-]+)/([\w.-]+?)(?:\.git)?/?$")


def repository_purl(address: str) -> str:
    """Return the package URL of a repository at a host that has a purl type of its own, else an empty text."""
    found = _HOSTED.match(address)
    return f"pkg:{found[1]}/{found[2]}/{found[3]}".lower() if found else ""


def beginnings(text: str) -> list[str]:
    """Return the beginnings of a package name, longest first, none that ends inside a word."""
    ends = range(min(len(text), 80), 2, -1)
    return [text[:end] for end in ends if not (text[end - 1].isalpha() and text[end : end + 1].isalpha())]
