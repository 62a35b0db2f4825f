"""Components whose document contradicts their name: judged a second time by what the document says.

What knowledge has by the name alone may raise a concern and clears none from medium up; so may the document.
"""

from __future__ import annotations

import msgspec

from auditor.evaluate.policy import SEVERITIES
from auditor.model import Component, Licenses, Origin, Severity

FLOOR = SEVERITIES.index("medium")


def reaches(severity: Severity) -> bool:
    """Tell whether a contradicted name may not clear a rule of this severity."""
    return SEVERITIES.index(severity) >= FLOOR


def versions(component: Component) -> tuple[Component, ...]:
    """Return the component as its document's maker's, where a seat is known, and as nobody's; empty without doubt."""
    if not component.claimed:
        return ()
    nobody = msgspec.structs.replace(
        component,
        origin=(),
        governance=None,
        governance_unread=False,
        sourcing=None,
        knowledge=None,
        licenses=Licenses(declared=component.licenses.declared, observed=component.licenses.observed),
    )
    owners = tuple(
        Origin("owner", one.party, one.country, None, "medium", "derived", one.sources)
        for one in component.claimed
        if one.country
    )
    if not owners:
        return (nobody,)
    return msgspec.structs.replace(nobody, origin=owners, governance="vendor"), nobody


def note(component: Component) -> tuple[str, str]:
    """Return in English and Chinese who is named against the name."""
    said = "; ".join(source for one in component.claimed for source in one.sources[:1])
    english = f"the document says otherwise than the name ({said}): what is known by the name clears nothing"
    return english, f"文件所述与名称不符({said}):仅凭名称所知的信息不能排除疑虑"
