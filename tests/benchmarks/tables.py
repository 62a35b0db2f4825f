"""Tables of the page of figures."""

from __future__ import annotations

from statistics import median


def rows(head: tuple[str, ...], lines: list[tuple[str, ...]]) -> str:
    table = [head, tuple("---" for _ in head), *lines]
    return "\n".join(f"| {' | '.join(line)} |" for line in table) + "\n"


def spread(values: list[float]) -> str:
    one = ", one run" if len(values) == 1 else ""
    return f"{median(values):.3f} ({min(values):.3f} - {max(values):.3f}{one})"


def ratio(above: list[float], below: list[float]) -> str:
    """Median of the ratios run by run: a machine that slows down slows both; of the medians for fewer runs."""
    if len(above) != len(below):
        found = median(above) / median(below)
    else:
        found = median(a / b for a, b in zip(above, below, strict=True))
    return f"{found:.2f}" if found >= 0.1 else f"{found:.3f}"
