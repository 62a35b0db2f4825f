"""auditor tree: what is inside an input."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from auditor.cli import options as shared
from auditor.cli import output
from auditor.cli.ending import INPUT, UNWRITTEN, Stop
from auditor.cli.log import LOG
from auditor.cli.verb import verb

if TYPE_CHECKING:
    from auditor.model import Artifact, Problem
    from auditor.worker import OpenedInput

    _Look = tuple[list[Artifact], list[Problem]]

TYPES = {
    "directory": "d", "symlink": "l", "char-device": "c", "block-device": "b", "fifo": "p", "socket": "s",
    "hardlink": "h",
}  # fmt: skip


@verb("tree")
@click.argument("inputs", nargs=-1, metavar="INPUT...")
@click.option("-f", "--format", "form", type=click.Choice(["text", "json", "mtree"]), default="text")
@click.option("--extract", "pattern", metavar="GLOB", help="Write matching files, only below --output-dir.")
@click.option("-o", "--output-dir", type=click.Path(path_type=Path, file_okay=False), metavar="DIR")
@shared.use(shared.READING)
def command(inputs: tuple[str, ...], form: str, pattern: str | None, output_dir: Path | None, **chosen: Any) -> int:
    """Show every file inside, without writing one of them to disk."""
    from auditor.worker import open_input

    if (pattern is None) != (output_dir is None):
        raise click.UsageError("--extract GLOB and -o DIR go together")
    found = shared.options(chosen)
    opened = [open_input(path) for path in shared.gather(inputs, found)]
    looks = _examine(opened, pattern, output_dir, found)
    output.emit(_FORMS[form]([file for files, _ in looks for file in files]))
    problems = [(one, problem) for one, (_, those) in zip(opened, looks, strict=True) for problem in those]
    for one, problem in problems:
        LOG.problem(one.path, problem)
    if any(one.descriptor < 0 or "empty" in {problem.code for problem in one.problems} for one in opened):
        return INPUT
    return 4 if problems else 0


def _examine(opened: list[OpenedInput], pattern: str | None, folder: Path | None, found: Any) -> list[_Look]:
    """Return artifacts and problems of each input; files that match are written while they are read.

    Only writing happens in this process: the bytes come from the sandboxed worker.
    """
    from auditor.unpack.extract import Writer
    from auditor.worker import Workers

    said = found.input_type
    with Workers(found.limits, found.jobs, found.require_isolation, identify=False, declared=said) as workers:
        if pattern is None or folder is None:
            return [(list(look.artifacts), list(look.problems)) for look in workers.examine(opened)]
        workers.jobs = 1  # which of two files with one name is written must not depend on timing
        try:
            writer = Writer(folder)
        except OSError as error:
            raise Stop(UNWRITTEN, f"{folder}: {error.strerror}; -o needs a folder that exists") from None
        with writer:
            looks = workers.examine(
                opened, pattern, lambda order, p: writer.take(order, p.path, p.data, p.first, p.last)
            )
        made = [(list(look.artifacts), list(look.problems)) for look in looks]
        for order, problem in writer.problems:
            made[order][1].append(problem)
        for name in writer.written:
            click.echo(f"wrote {name}", err=True)
        return made


def text(files: list[Artifact]) -> bytes:
    """Return one line per file: mode, size, digest, format, path; `›` joins container and inner path."""
    lines = []
    for file in files:
        mode = f"{file.mode:04o}" if file.mode is not None else "----"
        path = file.path.replace("!/", " › ") or "."
        arrow = f" -> {file.target}" if file.target else ""
        note = "" if file.complete else "  (incomplete)"
        sign = TYPES.get(file.kind, "-")
        lines.append(f"{sign} {mode} {file.size:>11} {file.id[:12]:<12} {file.format or '-':<14} {path}{arrow}{note}")
    return ("\n".join(lines) + "\n").encode("utf-8", "backslashreplace")


def json(files: list[Artifact]) -> bytes:
    """Return `{"files": [{path, kind, mode, size, sha256, format}]}`."""
    import msgspec

    rows = [
        {
            "path": file.path, "kind": file.kind, "mode": file.mode, "size": file.size, "sha256": file.id or None,
            "format": file.format or None, "target": file.target, "complete": file.complete,
        }
        for file in files
    ]  # fmt: skip
    return msgspec.json.format(msgspec.json.encode({"files": rows}), indent=1) + b"\n"


def mtree(files: list[Artifact]) -> bytes:
    """Return the files as an mtree(5) specification."""
    lines = ["#mtree"]
    for file in files:
        if file.path:
            kind = {"directory": "dir", "symlink": "link", "hardlink": "file", "region": "file"}.get(
                file.kind, file.kind
            )
            path = "".join(sign if 33 <= ord(sign) < 127 and sign not in "#\\" else _octal(sign) for sign in file.path)
            words = [f"./{path}", f"type={kind.removesuffix('-device')}"]
            words += [f"mode={file.mode:o}"] if file.mode is not None else []
            words += [f"size={file.size}", f"sha256digest={file.id}"] if file.id else []
            lines.append(" ".join(words))
    return ("\n".join(lines) + "\n").encode()


def _octal(sign: str) -> str:
    return "".join(f"\\{byte:03o}" for byte in sign.encode("utf-8", "surrogatepass"))


_FORMS = {"text": text, "json": json, "mtree": mtree}
