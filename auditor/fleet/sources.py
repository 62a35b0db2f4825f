"""Where the images are: files below folders, single files, objects behind fsspec addresses."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from auditor.fleet import Refused
from auditor.unpack.names import display

ADDRESS = re.compile(r"[a-z][a-z0-9+.-]*://")
PRIVATE = re.compile(r"^(https?://)(?:[^/@]*@)?([^?#]*).*$", re.S)
"""Parts of a web address that may be secrets: what stands before the host and after the path."""


@dataclass(frozen=True, order=True)
class Source:
    """One image, by where it is."""

    name: str
    """As results show it: printable, distinct for distinct names, without secrets."""
    place: str
    """Path or address to read from."""
    remote: bool = False


def is_address(text: str) -> bool:
    """Tell whether a text is an fsspec address such as `s3://bucket/folder`."""
    return bool(ADDRESS.match(text))


def find(arguments: Iterable[str], without: str = "") -> list[Source]:
    """Return the images behind the arguments, sorted by name, each once; nothing below the folder `without`.

    A folder stands for every regular file below it; links inside it are not followed. A path that is not there
    is a source too: its row says so. Raises Refused (6) for an address that cannot be listed.
    """
    own = os.path.realpath(without) if without and not is_address(without) else ""
    found: dict[str, Source] = {}
    for given in arguments:
        argument = given.removeprefix("file://")
        if is_address(argument) and not Path(argument).exists():
            some: Iterable[Source] = _remote(argument)
        else:
            some = (_local(path) for path in _files(argument, own))
        for one in some:
            found.setdefault(one.name, one)
    return [found[name] for name in sorted(found)]


def _local(path: str) -> Source:
    return Source(display(os.fsencode(path)), os.path.abspath(path))


def _files(argument: str, own: str) -> Iterator[str]:
    if not os.path.isdir(argument):
        yield argument
        return
    for folder, inner, names in os.walk(argument):
        inner[:] = sorted(name for name in inner if os.path.realpath(os.path.join(folder, name)) != own)
        for name in sorted(names):
            path = os.path.join(folder, name)
            try:
                regular = stat.S_ISREG(os.lstat(path).st_mode)
            except OSError:
                regular = True  # whoever reads it says what is wrong
            if regular:
                yield path


def _remote(address: str) -> list[Source]:
    system, path = opened(address)
    try:
        if "*" in path or "?" in path or "[" in path:
            paths = [str(one) for one in system.glob(path)]
        elif system.isdir(path):
            paths = [str(one) for one in system.find(path)]
        else:
            paths = [path]
    except Exception as error:
        raise Refused(6, f"{shown(address)} cannot be listed: {reason(error)}") from None
    return [_object(str(system.unstrip_protocol(one))) for one in paths if not one.endswith("/")]


def _object(address: str) -> Source:
    return Source(display(os.fsencode(shown(address))), address, remote=True)


def shown(address: str) -> str:
    """Return an address without what may be a secret."""
    return PRIVATE.sub(r"\1\2", address)


def opened(address: str) -> tuple[Any, str]:
    """Return the file system of an address and the path in it; raises Refused (6, 2)."""
    import fsspec

    if "::" in address:
        raise Refused(2, f"{shown(address)}: chained addresses are not supported")
    try:
        system, path = fsspec.core.url_to_fs(address, use_listings_cache=False)
    except (ImportError, ValueError, OSError) as error:
        raise Refused(6, f"{shown(address)} cannot be opened: {reason(error)}") from None
    return system, str(path)


def reason(error: BaseException) -> str:
    """Return one line about an exception of a file system, without addresses that may hold secrets."""
    if isinstance(error, OSError) and error.errno:
        return os.strerror(error.errno)
    text = " ".join(str(error).split())[:200]
    return ADDRESS.sub("", text) or type(error).__name__
