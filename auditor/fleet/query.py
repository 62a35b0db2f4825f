"""SQL over a store, in DuckDB: documented views, nothing else to read and nothing to write."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from auditor.fleet import Refused
from auditor.fleet.rows import PER_IMAGE, schema
from auditor.fleet.sources import reason
from auditor.fleet.store import Store

VIEWS = {
    "images": "SELECT * EXCLUDE (stamp), (SELECT list_sort(list(s.source)) FROM sources s WHERE s.image = i.image) "
    "AS sources FROM raw_images i",
    "components": "SELECT c.* EXCLUDE (stamp) FROM raw_components c SEMI JOIN raw_images i "
    "ON c.image = i.image AND c.stamp = i.stamp",
    "findings": "SELECT f.* EXCLUDE (stamp) FROM raw_findings f SEMI JOIN raw_images i "
    "ON f.image = i.image AND f.stamp = i.stamp",
    "parties": "SELECT p.* EXCLUDE (stamp) FROM raw_parties p SEMI JOIN raw_images i "
    "ON p.image = i.image AND p.stamp = i.stamp",
    "exposure": "SELECT country, count(DISTINCT image) AS images, count(*) AS components, "
    "count(DISTINCT party) AS parties, round(count(*) / sum(count(*)) OVER (), 6) AS share "
    "FROM components GROUP BY country",
    "where_used": "SELECT c.kind, c.name, c.version, c.purl, c.mpn, c.party_name, c.country, c.image, s.source "
    "FROM components c JOIN sources s ON s.image = c.image",
}
"""View -> its definition. `sources` is a table of its own; a country that is not known is null."""


class Answer(NamedTuple):
    """What a query gave."""

    columns: tuple[str, ...]
    rows: list[tuple[Any, ...]]


def connect(place: str) -> Any:
    """Return a DuckDB connection with the views of a store; SQL reaches neither files nor network.

    Raises Refused (3) when there is no store that can be read.
    """
    import duckdb

    store = Store(place)
    base = duckdb.connect(":memory:")
    base.execute("SET python_enable_replacements = false")
    for table in ("images", *PER_IMAGE, "sources"):
        name = "sources" if table == "sources" else f"raw_{table}"
        base.register(name, _dataset(store, table))
    for view, definition in VIEWS.items():
        base.execute(f"CREATE VIEW {view} AS {definition}")
    base.execute("SET temp_directory = ''")
    base.execute("SET enable_external_access = false")
    base.execute("SET lock_configuration = true")
    return base


def _dataset(store: Store, table: str) -> Any:
    """Return the files of a table as an Arrow dataset; unfinished files have names that it leaves out."""
    import pyarrow.dataset
    from pyarrow.fs import FSSpecHandler, PyFileSystem

    system = PyFileSystem(FSSpecHandler(store.system)) if store.remote else None
    try:
        found = pyarrow.dataset.dataset(
            f"{store.root}/{table}",
            schema=schema(table),
            format="parquet",
            filesystem=system,
            exclude_invalid_files=False,
        )
    except Exception as error:
        raise Refused(
            3, f"{store.shown} is no store of a fleet: {reason(error)}; auditor fleet scan makes one"
        ) from None
    return found


def ask(base: Any, sql: str) -> Answer:
    """Return the answer to one SELECT. Raises Refused (2) for anything else and for SQL that fails."""
    import duckdb

    try:
        statements = duckdb.extract_statements(sql)
        if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
            raise Refused(2, "one SELECT is answered, nothing else: the store is only read")
        result = base.execute(statements[0])
        columns = tuple(one[0] for one in result.description)
        return Answer(columns, result.fetchall())
    except duckdb.Error as error:
        first = next((line for line in str(error).splitlines() if line.strip()), "")
        raise Refused(2, f"the query failed: {first}; views: {', '.join(names())}") from None


def names() -> Sequence[str]:
    """Return the views, and the table beside them."""
    return sorted([*VIEWS, "sources"])


def columns(base: Any) -> dict[str, tuple[str, ...]]:
    """Return the columns of every view."""
    return {name: ask(base, f"SELECT * FROM {name} LIMIT 0").columns for name in names()}  # noqa: S608 - our names
