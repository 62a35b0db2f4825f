"""The signatures as a page of the documentation."""

from __future__ import annotations

from auditor.identify.signatures.load import load
from auditor.identify.signatures.record import Signature


def signature_table() -> str:
    """Return the Markdown page of all signatures: what is recognized, and by what."""
    signatures = load()
    lines = [
        "# Signatures",
        "",
        f"{len(signatures)} components are recognized by `rules/signatures`, one YAML file each. The columns count",
        "SONAME patterns, file-name patterns, symbol sets and byte patterns; *version* says what can tell it.",
        "",
        "| id | name | kind | SONAMEs | files | symbols | texts | version | license (stated) |",
        "|---|---|---|---:|---:|---:|---:|---|---|",
    ]
    lines += [_row(signature) for signature in signatures]
    return "\n".join(lines) + "\n"


def _row(signature: Signature) -> str:
    counts = (signature.sonames, signature.files, signature.symbols, signature.texts)
    cells = [
        f"`{signature.id}`",
        signature.name.replace("|", "\\|"),
        signature.kind,
        *(str(len(items)) for items in counts),
        ", ".join(_version_sources(signature)) or "none",
        signature.license or "not said",
    ]
    return "| " + " | ".join(cells) + " |"


def _version_sources(signature: Signature) -> list[str]:
    """Say where a version may come from."""
    names = [item for item in (*signature.sonames, *signature.files) if not isinstance(item, str)]
    sources = {
        "text": bool(signature.bare) or any(text.version or _gives(text.pattern) for text in signature.texts),
        "file name": any(name.version or _gives(name.pattern) for name in names),
        "symbols (range)": bool(signature.nodes or signature.since or signature.releases),
    }
    return [source for source, there in sources.items() if there]


def _gives(pattern: str) -> bool:
    return "{x" in pattern or "(?P<version>" in pattern
