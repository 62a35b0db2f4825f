"""Settings that decide a verdict: which of them a reader must be told of."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from auditor.report.schema import Run


def told(run: Run) -> tuple[str, ...]:
    """Return the settings that are not the default or the pack's, as the options that set them."""
    shown = {"fail-on": run.fail_on, "on-unknown": run.on_unknown, "min-coverage": f"{percent(run) or 0:g}"}
    lines = [f"--{name} {shown[name]}" for name in run.overridden if name in shown]
    lines += ["--accept-stated"] if run.accept_stated else []
    lines += [f"--min-confidence {run.min_confidence}"] if run.min_confidence != "medium" else []
    lines += [f"--severity {rule}={level}" for rule, level in sorted(run.severities.items())]
    lines += [f"--{name} {glob}" for name, globs in (("select", run.select), ("ignore", run.ignore)) for glob in globs]
    return tuple(lines)


def percent(run: Run) -> float | None:
    """Return the coverage that is asked for in percent, as the option takes it."""
    return None if run.min_coverage is None else round(100 * run.min_coverage, 6)
