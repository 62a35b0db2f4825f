"""Damage every format and count how the program takes it; write docs/figures.json and docs/reliability.md.

    python tests/benchmarks/reliability.py [--mutants 2000] [--jobs 2] [--only NAME ...] [--figures FILE]

With --only, the other formats keep the figures they have, with the commit these were counted at.
Each mutant is a file that goes the whole way through a sandboxed worker: unpacked, identified, read. Counted are
deaths of the worker, exceptions that a reader or detector did not foresee, runs over 60 s and over 1 GiB.
"""

import argparse
import json
import random
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/unpack"))

from container_seeds import SEEDS  # noqa: E402 - the line above finds what it imports
from test_mutants import MAKERS, mutate, run, tree  # noqa: E402 - the line above finds it

from auditor.limits import Limits  # noqa: E402
from auditor.model import Problem  # noqa: E402
from auditor.worker import Workers, open_input  # noqa: E402

SEED_SIZE = 300_000
CHUNK = 500
COUNTED = {
    "died": ("parser-died",),
    "unforeseen": ("reader-error", "reader-failed"),
    "over 60 s": ("limit-wall", "limit-step"),
    "over 1 GiB": ("limit-memory",),
}


def packed(*words: str) -> Callable[[Path], bytes]:
    """A seed made by a tool; TREE and IMAGE stand for the paths."""

    def make(folder: Path) -> bytes:
        places = {"TREE": str(tree(folder)), "IMAGE": str(folder / "image")}
        run(*(places.get(word, word) for word in words))
        return (folder / "image").read_bytes()

    return make


def ubi(folder: Path) -> bytes:
    size = ("-m", "2048", "-e", "126976", "-c", "64")
    run("mkfs.ubifs", "-r", tree(folder), *size, "-o", folder / "volume")
    recipe = f"[a]\nmode=ubi\nimage={folder / 'volume'}\nvol_id=0\nvol_type=dynamic\nvol_name=a\nvol_size=4MiB\n"
    (folder / "recipe").write_text(recipe)
    run("ubinize", "-o", folder / "image", "-m", "2048", "-p", "128KiB", "-Q", "1", folder / "recipe")
    return (folder / "image").read_bytes()


def sparse(folder: Path) -> bytes:
    run("mke2fs", "-q", "-b", "4096", "-d", tree(folder), folder / "raw", "64")
    run("img2simg", folder / "raw", folder / "image")
    return (folder / "image").read_bytes()


def boot_image(folder: Path) -> bytes:
    for name in ("kernel", "ramdisk"):
        (folder / name).write_bytes(name.encode() * 700)
    run("mkbootimg", "--kernel", folder / "kernel", "--ramdisk", folder / "ramdisk", "-o", folder / "image")
    return (folder / "image").read_bytes()


def u_boot_image(folder: Path) -> bytes:
    (folder / "kernel").write_bytes(b"kernel" * 700)
    run("mkimage", "-A", "arm64", "-T", "kernel", "-C", "none", "-n", "seed", "-d", folder / "kernel", folder / "image")
    return (folder / "image").read_bytes()


def fit(folder: Path) -> bytes:
    (folder / "kernel").write_bytes(b"kernel" * 700)
    data = (
        f'data = /incbin/("{folder / "kernel"}"); type = "kernel"; arch = "arm64"; os = "linux"; compression = "none"'
    )
    image = (
        f'kernel {{ description = "k"; {data}; load = <0x80000>; entry = <0x80000>; hash-1 {{ algo = "crc32"; }}; }};'
    )
    choice = 'configurations { default = "a"; a { description = "a"; kernel = "kernel"; }; };'
    (folder / "its").write_text(
        f'/dts-v1/; / {{ description = "fit"; #address-cells = <1>; images {{ {image} }}; {choice} }};'
    )
    run("mkimage", "-q", "-f", folder / "its", folder / "image")
    return (folder / "image").read_bytes()


def partitions(label: str) -> Callable[[Path], bytes]:
    def make(folder: Path) -> bytes:
        run("truncate", "-s", "200K", folder / "image")
        run("sfdisk", "-q", folder / "image", stdin=f"label: {label}\nstart=64, size=64\nstart=128, size=64\n".encode())
        return (folder / "image").read_bytes()

    return make


def hexadecimal(form: str) -> Callable[[Path], bytes]:
    def make(folder: Path) -> bytes:
        (folder / "raw").write_bytes(random.Random(1).randbytes(4000))
        run("srec_cat", folder / "raw", "-binary", "-offset", "0x8000", "-o", folder / "image", f"-{form}")
        return (folder / "image").read_bytes()

    return make


def existing(path: Path) -> Callable[[Path], bytes]:
    return lambda folder: path.read_bytes()[:SEED_SIZE]


def seeds() -> dict[str, Callable[[Path], bytes]]:
    """Format: how a seed of it is made."""
    found = {**MAKERS, **SEEDS}
    found |= {
        "jffs2": packed("mkfs.jffs2", "-r", "TREE", "-o", "IMAGE", "-e", "0x10000", "-l"),
        "ubi": ubi,
        "android-sparse": sparse,
        "boot-image": boot_image,
        "uimage": u_boot_image,
        "fit": fit,
        "gpt": partitions("gpt"),
        "mbr": partitions("dos"),
        "intel-hex": hexadecimal("intel"),
        "s-record": hexadecimal("motorola"),
        "ti-txt": hexadecimal("ti_txt"),
        "elf-x86-64": existing(Path("/bin/true")),
    }
    demo = ROOT / "fixtures/demo"
    found |= {f"demo {path.name}": existing(path) for path in sorted(demo.rglob("*.*")) if path.is_file()}
    for folder in sorted((ROOT / "fixtures/boms").iterdir()):
        files = [path for path in folder.iterdir() if 500 < path.stat().st_size < SEED_SIZE] if folder.is_dir() else []
        if files and folder.name != "LICENSES":
            found[f"bill {folder.name}"] = existing(min(files, key=lambda path: (path.stat().st_size, path.name)))
    return found


def refused(problem: Problem) -> bool:
    """Whether memory was not used up but refused beforehand: a codec that asks for a window over the limit."""
    return problem.code == "limit-memory" and "out of memory" not in problem.message


def measure(name: str, data: bytes, mutants: int, jobs: int) -> dict[str, Any]:
    """Counts for one format, and the first examples of what should not happen."""
    source, counts, examples = random.Random(name), Counter[str](), []
    for start in range(0, mutants, CHUNK):
        with tempfile.TemporaryDirectory() as folder:
            held = [mutate(data, source) for _ in range(min(CHUNK, mutants - start))]
            parts = [Path(folder) / str(number) for number in range(jobs)]
            for number, part in enumerate(parts):
                part.mkdir()
                for index in range(number, len(held), jobs):
                    (part / f"{start + index:05d}{Path(name).suffix}").write_bytes(held[index])
            opened = [open_input(part) for part in parts]
            with Workers(Limits(), jobs) as workers:
                looks = workers.examine(opened)
            for one in opened:
                one.close()
        for look in looks:
            touched = {problem.path.split("!/")[0] for problem in look.problems}
            counts["with a problem"] += len(touched)
            for word, codes in COUNTED.items():
                wrong = [problem for problem in look.problems if problem.code in codes and not refused(problem)]
                counts[word] += len({problem.path.split("!/")[0] for problem in wrong})
                examples += [f"{word}: {problem.path}: {problem.message}" for problem in wrong[:3]]
    return {
        "mutants": mutants,
        **{word: counts[word] for word in ("with a problem", *COUNTED)},
        "examples": examples[:5],
    }


def page(figures: dict[str, Any]) -> str:
    """docs/reliability.md."""
    made = figures["reliability"]
    words = list(COUNTED)
    total = Counter[str]()
    rows = []
    for name, counts in sorted(made["formats"].items()):
        total.update({word: counts[word] for word in ("mutants", "with a problem", *words)})
        cells = [counts["mutants"], counts["with a problem"], *(counts[word] for word in words), counts["commit"][:7]]
        rows.append(f"| {name} | " + " | ".join(map(str, cells)) + " |")
    summary = ", ".join(f"{total[word]} {word}" for word in words)
    return "\n".join(
        [
            "# Reliability",
            "",
            "Generated by `python tests/benchmarks/reliability.py` from docs/figures.json. Every mutant is a valid input of",
            "the format with damaged bytes, and goes the whole way through a sandboxed worker. `died`: the worker ended by a",
            "signal or an exit; `unforeseen`: an exception that became a `reader-error`; both are problems of that input in",
            "a report, never the end of a run. The targets are zero.",
            "",
            f"{total['mutants']} mutants of {len(rows)} seeds, {summary}. A format is counted anew when its reader changes;",
            "the last column is the commit of that count.",
            "",
            "| seed | mutants | with a problem | " + " | ".join(words) + " | commit |",
            "|---|" + "---|" * (len(words) + 3),
            *rows,
            "",
        ]
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mutants", type=int, default=2000)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--only", nargs="*")
    parser.add_argument("--figures", type=Path, default=ROOT / "docs/figures.json")
    options = parser.parse_args()
    revision = subprocess.run(["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=True)
    path = options.figures
    figures: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {}
    before = figures.get("reliability", {}).get("formats", {}) if options.only else {}
    formats = {}
    for name, make in seeds().items():
        if options.only and name not in options.only:
            continue
        with tempfile.TemporaryDirectory() as folder:
            data = make(Path(folder))
        formats[name] = {**measure(name, data, options.mutants, options.jobs), "commit": revision.stdout.strip()}
        print(name, {key: value for key, value in formats[name].items() if value}, flush=True)
        command = f"python tests/benchmarks/reliability.py --mutants {options.mutants}"
        figures["reliability"] = {"command": command, "formats": {**before, **formats}}
        path.write_text(json.dumps(figures, indent=1, sort_keys=True) + "\n")
    if path == ROOT / "docs/figures.json":
        (ROOT / "docs/reliability.md").write_text(page(figures))
    return 1 if any(counts[word] for counts in formats.values() for word in COUNTED) else 0


if __name__ == "__main__":
    sys.exit(main())
