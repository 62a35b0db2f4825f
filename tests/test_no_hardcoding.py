"""Bytes and data drive results: no party, product or part name stands in the code."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from auditor.identify.signatures.load import load as load_signatures
from auditor.knowledge import load

PACKAGE = Path(__file__).resolve().parent.parent / "auditor"
DIGEST = re.compile(r"\b[0-9a-f]{64}\b")
SHORTEST = 5
EXEMPT = {
    # names of formats, ecosystems and interfaces that are also names of projects or parties
    "android": "Android image formats", "squashfs": "a format", "erofs": "a format", "mender": "an update format",
    "swupdate": "an update format", "hyperscan": "the engine we use", "python": "package metadata", "linux": "kernel images",
    "debian": "package format", "u-boot": "image format", "zephyr": "section names of its build", "autosar": "the standard",
    "cyclonedx": "a format", "gitlab": "a report format", "github": "a report format", "yocto": "a manifest format",
    "buildroot": "a manifest format", "landlock": "the sandbox", "seccomp": "the sandbox", "openssf": "a term",
    "onnx": "a model format", "gguf": "a model format", "tflite": "a model format", "esp-idf": "an image format",
    "espressif": "an image format", "tasking": "a map format", "cramfs": "a format", "ubifs": "a format", "jffs2": "a format",
    "protobuf": "a wire format", "libarchive": "a tar dialect", "sqlite": "a database format", "systemd": "package notes",
    "system": "a word", "android-os": "an image format", "intel": "Intel HEX", "motorola": "Motorola S-record",
    "lzallright": "the codec we use", "zstandard": "the codec we use", "apache": "license names", "kernel": "a word",
    "evidence": "a word", "bzip2": "a codec", "riscv": "an instruction set", "green-hills": "a map format",
    "jinja2": "the template engine we use", "requests": "a word", "openharmony": "an image format", "buildinfo": "a format",
}  # fmt: skip


def texts(path: Path) -> list[tuple[int, str]]:
    """String literals that are not docstrings."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    documents = set()
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        for statement in body if isinstance(body, list) else ():
            if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
                documents.add(id(statement.value))
    return [
        (node.lineno, node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in documents
    ]


def names() -> set[str]:
    """Names of parties, products and parts in the shipped data, folded."""
    knowledge = load()
    found = set()
    for kind in ("parties", "systems", "projects", "chips"):
        for record in knowledge.table(kind).values():
            found |= {record.id.casefold(), record.name.casefold()}
    for signature in load_signatures():
        found |= {signature.id.casefold(), signature.name.casefold()}
    return {name for name in found if len(name) >= SHORTEST and name not in EXEMPT}


def test_no_known_name_is_a_literal() -> None:
    known = names()
    wrong = [
        f"{path.relative_to(PACKAGE)}:{line}: {text!r}"
        for path in sorted(PACKAGE.rglob("*.py"))
        for line, text in texts(path)
        if text.casefold().strip() in known
    ]
    assert wrong == []


def test_no_digest_stands_in_the_code() -> None:
    wrong = [str(path) for path in PACKAGE.rglob("*.py") if DIGEST.search(path.read_text(encoding="utf-8"))]
    assert wrong == []


def test_exemptions_are_needed() -> None:
    assert all(reason for reason in EXEMPT.values())
