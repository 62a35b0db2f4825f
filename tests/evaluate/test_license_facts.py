from __future__ import annotations

from typing import Any

import pytest
from evaluate_records import component

from auditor.evaluate.license_facts import license_facts
from auditor.model import DeclaredLicense, Licenses


@pytest.mark.parametrize(
    ("written", "licenses", "contradictions", "valid", "differs"),
    [
        ("MIT", Licenses(declared="MIT", concluded="MIT", basis="read", sources=("x",)), (), True, False),
        ("see the website", Licenses(declared="see the website"), (), False, None),
        ("((", Licenses(declared="(("), ("license: too deep",), None, None),
        ("Proprietary", Licenses(declared="LicenseRef-proprietary", concluded="LicenseRef-proprietary", basis="derived",
                                 sources=("declared:licenses",)), (), True, None),
        ("LicenseRef-Own", Licenses(declared="LicenseRef-Own", concluded="LicenseRef-Own", basis="derived",
                                    sources=("declared:licenses",)), (), True, None),
        ("GPL-2.0", Licenses(declared="GPL-2.0-only", concluded="MIT", basis="read", sources=("x",)),
         ("license: declared GPL-2.0-only, found MIT",), True, True),
        ("", Licenses(), (), None, None),
        ("", Licenses(observed="MIT", concluded="MIT", basis="derived", sources=("observed in the image",)), (), True, None),
    ],
)  # fmt: skip
def test_valid_and_differs(
    written: str, licenses: Licenses, contradictions: tuple[str, ...], valid: bool | None, differs: bool | None
) -> None:
    given: Any = (DeclaredLicense(written),) if written else ()
    one = component("library", "lib", licenses=licenses, declared_licenses=given, contradictions=contradictions)
    facts = license_facts(one, accept_stated=False)
    assert (facts.get("valid"), facts.get("differs")) == (valid, differs)


def test_a_license_that_is_only_stated_decides_nothing_but_its_spelling() -> None:
    stated = Licenses(
        declared="MIT", concluded="MIT", category="permissive", basis="stated", sources=("declared:licenses",)
    )
    one = component("library", "lib", licenses=stated, declared_licenses=(DeclaredLicense("MIT"),))
    assert license_facts(one, accept_stated=False) == {"known": True, "declared": "MIT", "valid": True}
    assert license_facts(one, accept_stated=True)["category"] == "permissive"
