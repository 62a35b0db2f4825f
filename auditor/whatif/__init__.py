"""What stops when a party, country, part, license, site, material or data source says no.

The model and its limits stand in docs/whatif.md. Stages: `graph` builds the supply graph of a report,
`losses` removes from it, `cuts` finds the smallest removals that stop something.
"""

from auditor.whatif.answer import Answer, ask

__all__ = ["Answer", "ask"]
