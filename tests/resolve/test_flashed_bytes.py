"""All runs of an ELF file have to stand in a flash file at their addresses; some of them prove nothing."""

from __future__ import annotations

from auditor.model import Artifact, Evidence, Examination, Input
from auditor.resolve import same_bytes

ELF = [
    Evidence("file:", claim, value, "elf", "elf", "decisive", artifact="e" * 64, input="elf")
    for claim, value in (("load-digest", "0x08000000:code"), ("load-digest", "0x08100000:data"), ("machine", "40"))
]
NAMED = Evidence("zephyr", "name", "Zephyr", "signatures", "symbol", "decisive", artifact="e" * 64, input="elf")


def carriers(*regions: str) -> list[tuple[str, str, str]]:
    """Return (input, path, claim) of the votes about a flash file with `address:digest` regions."""
    file = Artifact(id="f" * 64, path="", kind="file", size=9, format="intel-hex")
    parts = tuple(
        Artifact(id=digest, path=f"segment@{address}", kind="region", size=4, parent="")
        for address, _, digest in (region.partition(":") for region in regions)
    )
    inputs = [Input(id=name, path=name, type="t", size=1, sha256="", ecu="E") for name in ("elf", "hex")]
    group = [(inputs[0], Examination()), (inputs[1], Examination(artifacts=(file, *parts)))]
    return sorted((vote.input, vote.path, vote.claim) for vote in same_bytes.votes([*ELF, NAMED], group))


def test_all_runs_at_their_addresses_are_the_build() -> None:
    expected = [("hex", "", "name"), ("hex", "", same_bytes.CLAIM)]
    assert carriers("0x08000000:code", "0x08100000:data") == expected
    assert carriers("0x08000000:code", "0x08100000:data", "0x1fff0000:more") == expected


def test_a_part_of_the_runs_is_another_build() -> None:
    assert carriers("0x08000000:code") == []
    assert carriers("0x08000000:code", "0x08100000:other") == []
    assert carriers("0x08000000:code", "0x08200000:data") == []
    assert carriers() == []
