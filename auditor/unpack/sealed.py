"""Containers that are recognized by a known magic and not read: reported with the reason."""

from __future__ import annotations

from auditor.unpack.view import Budget, Container, Opaque, View

NAME = "opaque"
TITLE = "Sealed containers: Android OTA payload, QNX deflate, SBFH"
MAGICS = ((0, b"CrAU\0\0\0\0\0\0\0"), (0, b"iwlyfmbp"), (0, b"SBFH"))
ANYWHERE = False
KIND = "opaque"
MADE_BY = None

REASONS = {
    b"CrAU": "Android update payload: differences and compressed blocks, not read",
    b"iwly": "QNX deflated file: its codec is not read",
    b"SBFH": "sealed firmware container (SBFH): layout not public",
}


def open(view: View, budget: Budget) -> Container | None:
    """Say which container it is and why it stays closed."""
    reason = REASONS.get(view.head(4))
    if reason is None:
        return None
    return Container(extent=view.size, understood=0, problems=[Opaque(reason, 0)])
