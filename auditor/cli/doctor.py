"""auditor doctor: what this machine offers and what the program brings."""

from __future__ import annotations

import platform
import sys
from datetime import UTC, date, datetime
from importlib import metadata
from typing import Any

import click

from auditor.cli import output
from auditor.cli.verb import verb

LIBRARIES = ("lief", "hyperscan", "cel-expr-python", "cyclonedx-python-lib", "spdx-tools", "msgspec", "lxml")
EXTRAS = {"xlsx": ("openpyxl", "xlsxwriter"), "unblob": ("unblob",), "fleet": ("distributed", "duckdb", "pyarrow")}
OLD = 180
"""Days after which knowledge is called old."""


@verb("doctor")
@click.option("-f", "--format", "form", type=click.Choice(["text", "json"]), default="text")
def command(form: str) -> int:
    """Show versions, isolation, cache and knowledge age; ends with 0 when an audit can run, else with 6."""
    import msgspec

    found = examined()
    if form == "json":
        output.emit(msgspec.json.format(msgspec.json.encode(found, order="deterministic"), indent=2) + b"\n")
    else:
        click.echo("\n".join(lines(found)))
    return 0 if found["isolation"] else 6


def examined() -> dict[str, Any]:
    """Return what was found, as plain values."""
    from auditor import __version__, evaluate, knowledge
    from auditor.worker import WorkerUnavailable, isolation

    facts = knowledge.load()
    try:
        sandbox = isolation()
    except WorkerUnavailable:
        sandbox = {}
    return {
        "auditor": __version__,
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "libc": " ".join(platform.libc_ver()).strip() or "unknown",
        "libraries": {name: _version(name) for name in LIBRARIES},
        "extras": {name: all(_version(one) for one in needed) for name, needed in EXTRAS.items()},
        "isolation": sandbox,
        "rules": len(evaluate.load_policy().all_rules),
        "knowledge": {"date": facts.date, "days": _days(facts.date)},
        "cache": _cache(),
    }


def lines(found: dict[str, Any]) -> list[str]:
    """Return the text: one line a subject, what is missing with what to do."""
    age = found["knowledge"]["days"]
    sandbox = found["isolation"]
    lacking = [name for name in ("landlockAbi", "seccomp", "rlimits") if not sandbox.get(name)]
    advice = "complete" if not lacking else f"{', '.join(lacking)} not available: inputs are read with less protection"
    libraries = [f"{name} {version or 'missing'}" for name, version in found["libraries"].items()]
    yes = [name for name, there in found["extras"].items() if there]
    no = [name for name, there in found["extras"].items() if not there]
    return [
        f"auditor     {found['auditor']}",
        f"python      {found['python']} ({sys.executable})",
        f"system      {found['system']}, libc {found['libc']}",
        f"libraries   {', '.join(libraries)}",
        f"extras      {', '.join(yes) or 'none'}" + (f"; not installed: {', '.join(no)}" if no else ""),
        f"isolation   {advice if sandbox else 'no worker starts here; an audit cannot run'}",
        f"rules       {found['rules']}",
        f"knowledge   {found['knowledge']['date']}, {age} days old"
        + ("; take a newer release or --knowledge DIR" if age > OLD else ""),
        f"cache       {found['cache']}",
    ]


def _days(day: str) -> int:
    return (datetime.now(UTC).date() - date.fromisoformat(day)).days


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def _cache() -> str:
    from auditor.compiled import folder

    found = folder()
    return str(found) if found else "none: the folder is missing, not ours or not writable"
