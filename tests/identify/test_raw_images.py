"""Raw images with known parts in them: what stands between the parts speaks too, unless the parts are nearly all."""

from __future__ import annotations

import hashlib

import pytest

from auditor.identify import identify
from auditor.identify.sample import Sample
from auditor.limits import Limits
from auditor.model import Artifact
from auditor.unpack.view import View

IMAGE = b"\0" * 64 + b"U-Boot 2023.01+dfsg-2+deb12u3 (Jun 22 2024 - 08:38:00 +0000)\0" + b"\0" * 3875


def versions(form: str, understood: int) -> set[str]:
    artifact = Artifact(
        id=hashlib.sha256(IMAGE).hexdigest(),
        path="loader.bin",
        kind="file",
        size=len(IMAGE),
        format=form,
        understood=understood,
    )
    found = identify(Sample(artifact, View(IMAGE), Limits()))
    return {vote.value for vote in found.evidence if vote.subject == "u-boot" and vote.claim == "version"}


@pytest.mark.parametrize(
    ("form", "understood", "expected"),
    [
        ("", 0, {"2023.01"}),
        ("", 400, {"2023.01"}),
        ("", 3900, set()),
        ("u_boot", 4000, {"2023.01"}),
        ("squashfs", 4000, set()),
    ],
    ids=["no part known", "a small part known", "its parts speak", "a loader's own format", "a container"],
)
def test_a_loader_is_read_beside_its_device_tree(form: str, understood: int, expected: set[str]) -> None:
    assert versions(form, understood) == expected
