"""User names and passwords in addresses (`https://user:secret@host`): no report repeats them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from auditor.report.schema import Report

_COLON, _SLASH = rb"(?::|%(?:25){0,3}3[aA])", rb"(?:/|%(?:25){0,3}2[fF])"
_END = rb"%(?:25){0,3}(?:2[fF]|3[fF]|23|20)"
_USERINFO = re.compile(
    rb"(" + _COLON + _SLASH + _SLASH + rb")(?:(?!" + _END + rb')[^"\\/?#&\s]|\\["\\])*(?:@|%(?:25){0,3}40)'
)
"""In a JSON text, so that a match never leaves its string; also percent-encoded, as in qualifiers of a purl."""


def removed(report: Report) -> Report:
    """Return the report with every address without its userinfo (RFC 3986, 3.2.1)."""
    data = msgspec.json.encode(report)
    cleaned = _USERINFO.sub(rb"\1", data)
    return report if cleaned == data else msgspec.json.decode(cleaned, type=type(report))
