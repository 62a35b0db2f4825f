"""auditor trace: who controls a thing, hop by hop with sources."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import click

from auditor.cli import options as shared
from auditor.cli.ending import USAGE, Stop
from auditor.cli.verb import verb

if TYPE_CHECKING:
    from auditor.knowledge import Knowledge
    from auditor.model import Component, Inventory
    from auditor.pipeline import Options


@verb("trace")
@click.argument("name")
@click.argument("inputs", nargs=-1, metavar="[INPUT]...")
@shared.use(shared.READING)
def command(name: str, inputs: tuple[str, ...], **chosen: Any) -> int:
    """Print the origin chain of NAME: a component, purl, part number or party.

    With INPUT, of the components of that name in it; without, of what the knowledge holds.
    """
    from auditor.knowledge import load
    from auditor.pipeline import inventory

    found = shared.options(chosen)
    knowledge = load(found.knowledge)
    if inputs:
        seen, _ = inventory(shared.gather(inputs, found), found, knowledge)
        components = matching(seen, name)
    else:
        components = [*_known(name, knowledge, found)]
    lines = [line for one in components for line in _lines(one, knowledge, found.as_of)]
    lines = lines or _party(name, knowledge, found.as_of)
    if not lines:
        raise Stop(USAGE, f"nothing is known under the name {name!r}; auditor knowledge list shows what there is")
    click.echo("\n".join(lines))
    return 0


def matching(inventory: Inventory, name: str) -> list[Component]:
    """Return the components that a user may mean by a name."""
    wanted = name.casefold()
    return [
        one
        for one in inventory.components
        if wanted in {text.casefold() for text in (one.id, one.key, one.name, one.purl, one.mpn, one.soname) if text}
    ]


def _known(name: str, knowledge: Knowledge, options: Options) -> tuple[Component, ...]:
    """Trace a bare name as if a document had declared it."""
    from auditor.model import Declared, Document, Examination, Input
    from auditor.pipeline import look_up
    from auditor.resolve import resolve
    from auditor.trace import trace
    from auditor.trace.explain import QUESTION

    chip = knowledge.chip_by_mpn(name)
    purl = name if name.startswith("pkg:") else None
    if not chip and not knowledge.software_key(name=name, purl=purl) and not knowledge.software(name):
        return ()
    said = Declared(pointer="", name=name, purl=purl, mpn=name if chip else None, type="device" if chip else "library")
    paper = Document(format=QUESTION, version="", subject=None, components=(said,))
    source = Input(id="", path="", type=QUESTION, size=0, sha256="", ecu="")
    resolved = resolve([source], [Examination(documents=(paper,))], knowledge)
    asked, unavailable = look_up(resolved, knowledge, options)
    for line in unavailable:
        click.echo(f"auditor: warning: {line}", err=True)
    return trace(asked, knowledge, options.as_of).components


def _lines(one: Component, knowledge: Knowledge, as_of: date) -> list[str]:
    from auditor.report.escape import terminal
    from auditor.trace.explain import chain

    head = f"{one.name} {one.version or ''}".strip()
    steps = [
        f"  {step.step:<12}{step.value}" + (f"   {step.source}" if step.source else "")
        for step in chain(one, knowledge, as_of)
    ]
    return [terminal(f"{one.kind}  {head}"), *(terminal(step) for step in steps)]


def _party(name: str, knowledge: Knowledge, as_of: date) -> list[str]:
    """Return the chain of a party by itself."""
    from auditor.report.escape import terminal
    from auditor.trace.explain import of_party

    party = knowledge.party(name) or knowledge.party_by_name(name)
    steps = of_party(party, knowledge, as_of) if party else []
    return [terminal(f"  {step.step:<12}{step.value}   {step.source}") for step in steps]
