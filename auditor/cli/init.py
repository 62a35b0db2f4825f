"""auditor init: a first configuration, the description of a vehicle, or the file that runs the audit in a pipeline."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import click

from auditor.cli import output
from auditor.cli.ending import UNWRITTEN, Stop
from auditor.cli.log import LOG
from auditor.cli.verb import verb

TARGETS = {
    "github": ("github.yml", ".github/workflows/auditor.yml"),
    "gitlab": ("gitlab.yml", ".gitlab-ci.yml"),
    "jenkins": ("jenkins.groovy", "Jenkinsfile"),
    "pre-commit": ("pre-commit.yaml", ".pre-commit-config.yaml"),
}
"""Template and where its pipeline looks for it."""
COMMENT = {"jenkins": "//"}
PLAIN = re.compile(r"(?!-)(?!.*: )[\w./@+=:,*? \[\]-]+")
"""What may stand in a pipeline file as it is; quotes, dollars and line ends may not."""
INPUTS = ("firmware.bin",)


@verb("init")
@click.argument("inputs", nargs=-1, metavar="[INPUT]...")
@click.option("--ci", type=click.Choice(list(TARGETS)), help="Write the file of this pipeline.")
@click.option("--vehicle", is_flag=True, help="Write vehicle.yaml, commented in English and Chinese.")
@click.option("--export", type=click.Path(path_type=Path), metavar="TABLE", help="With --vehicle: an ERP export.")
@click.option("--mapping", type=click.Path(path_type=Path), metavar="FILE", help="What the columns of TABLE are.")
@click.option("--install", metavar="SPEC", help="What the pipeline installs (default: where this program came from).")
@click.option("--path", "target", type=click.Path(path_type=Path), metavar="FILE", help="Write to this file instead.")
@click.option("--force", is_flag=True, help="Overwrite a file that is there.")
def command(
    inputs: tuple[str, ...],
    ci: str | None,
    vehicle: bool,
    export: Path | None,
    mapping: Path | None,
    install: str | None,
    target: Path | None,
    force: bool,
) -> int:
    """Write auditor.toml, with --vehicle vehicle.yaml, or with --ci the file that runs `auditor check` in a pipeline.

    --export and --mapping fill vehicle.yaml from a purchasing export and write a part list per controller beside it.

    A file that is there is left alone unless --force is given.
    """
    from auditor.resources import folder

    if ci is None and (inputs or install):
        raise click.UsageError("INPUT and --install belong to --ci")
    if ci and vehicle:
        raise click.UsageError("--vehicle and --ci write different files: one at a time")
    if bool(export) != bool(mapping) or (export and not vehicle):
        raise click.UsageError("--vehicle, --export and --mapping go together")
    templates = folder("rules") / "templates"
    if export and mapping:
        return _exported(export, mapping, target or Path("vehicle.yaml"), force)
    if ci is None:
        name = "vehicle.yaml" if vehicle else "auditor.toml"
        path, text = target or Path(name), (templates / name).read_text(encoding="utf-8")
    else:
        name, place = TARGETS[ci]
        path, text = target or Path(place), (templates / "ci" / name).read_text(encoding="utf-8")
        text = filled(text, ci, inputs or INPUTS, install)
    _write(path, text, force)
    return 0


def _write(path: Path, text: str, force: bool) -> None:
    if path.exists() and not force:
        raise Stop(UNWRITTEN, f"{path} is there already: give --force to overwrite it, or --path FILE")
    path.parent.mkdir(parents=True, exist_ok=True)
    output.write(path, text.encode())
    click.echo(f"wrote {path}")


def _exported(export: Path, mapping: Path, target: Path, force: bool) -> int:
    """Write the vehicle file of a purchasing export and its part lists."""
    from auditor.evaluate.parts_export import convert

    made = convert(export, mapping)
    for name, text in {target.name: made.vehicle, **made.lists}.items():
        _write(target.parent / name, text, force)
    for line in made.left_out:
        LOG.warning(line)
    return 0


def filled(text: str, ci: str, inputs: tuple[str, ...], install: str | None) -> str:
    """Return a template with the inputs and with what to install. Raises UsageError for unfit names."""
    source = install or origin()
    note = "" if source else "Put the wheel of auditor there first, or say where it is: auditor init --install SPEC"
    if note:
        LOG.warning(f"this installation came from no public place; {note[0].lower()}{note[1:]}")
        if made := making():
            LOG.note(f"the wheel is made by: {made}")
    spec = source or wheel()
    check_source(spec)
    for name in (*inputs, spec):
        if not PLAIN.fullmatch(name):
            raise click.UsageError(
                f"{name!r} cannot stand in a pipeline file; put such names into a list and give @LIST"
            )
    lines = []
    for line in text.splitlines():
        if line.strip().endswith("@NOTE@"):
            if note:
                lines.append(f"{line[: len(line) - len(line.lstrip())]}{COMMENT.get(ci, '#')} {note}.")
            continue
        lines.append(line)
    shown = " ".join(shlex.quote(name) for name in inputs)
    quoted = f'"{spec}"' if ci in ("jenkins", "pre-commit") else shlex.quote(spec)
    return "\n".join(lines).replace("@INPUTS@", shown).replace("@INSTALL@", quoted) + "\n"


def check_source(spec: str) -> None:
    """Raise UsageError for a spec that an index would resolve by name, or whose address holds a secret."""
    from urllib.parse import urlsplit

    address = spec.rpartition("@ ")[2].strip()
    path = address.startswith(("./", "../", "/")) or address.endswith((".whl", ".tar.gz", ".zip"))
    if "://" not in address and not path:
        raise click.UsageError(
            f"--install {spec!r} is a bare name, under which an index may hold somebody else's program: "
            "give a wheel in the repository or an address"
        )
    found = urlsplit(address)
    if found.password is not None or (found.username is not None and "ssh" not in found.scheme):
        raise click.UsageError(
            "--install holds a user name or password, which would stand in the file for everybody to read: "
            "give the address without it, and let the pipeline's secrets answer pip"
        )


def origin() -> str | None:
    """Return what pip installs to get this program again; None when it was not a public place.

    Never a bare name: under that name a package index may hold somebody else's program.
    """
    found = _direct()
    url = str(found.get("url", ""))
    if not url.startswith(("https://", "ssh://")):
        return None
    vcs = found.get("vcs_info")
    if vcs:
        return f"auditor @ {vcs['vcs']}+{url}@{vcs['commit_id']}"
    return f"auditor @ {url}" if "archive_info" in found else None


def _direct() -> dict[str, Any]:
    """Return what pip noted about where this program came from (PEP 610); empty when nothing."""
    import json
    from importlib.metadata import PackageNotFoundError, distribution

    try:
        found = json.loads(distribution("auditor").read_text("direct_url.json") or "{}")
    except (PackageNotFoundError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def making() -> str | None:
    """Return the command that puts the wheel into the repository, after an installation from this machine."""
    from urllib.parse import unquote, urlsplit

    found = _direct()
    place = urlsplit(str(found.get("url", "")))
    if place.scheme != "file":
        return None
    return f"python3 -m pip wheel --no-deps -w {Path(wheel()).parent} {shlex.quote(unquote(place.path))}"


def wheel() -> str:
    """Return the place of a wheel that the user is to put into the repository."""
    from auditor import __version__

    return f"./wheelhouse/auditor-{__version__}-py3-none-any.whl"
