"""Join the rows of several data sets by id with DuckDB, without holding them in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from evalkit.counts.batches import batch_rows, count_batch
from evalkit.counts.files import CSV, filesystem
from evalkit.counts.tables import PartialCounts
from evalkit.errors import DataError, IncompatibleError, MissingExtraError
from evalkit.reading.source import shown

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pyarrow as pa

    from evalkit.counts.files import File
    from evalkit.counts.plan import Plan

MEMORY = "256MB"
"""With more, DuckDB writes to its temporary folder."""


def count_joined(files: Sequence[Sequence[File]], plan: Plan) -> PartialCounts:
    """Return the counts of rows that are matched by id; raises as `joined_batches`."""
    counts = PartialCounts()
    for batches in joined_batches(files, plan):
        counts += count_batch(batches, plan)
    return counts


def joined_batches(
    files: Sequence[Sequence[File]], plan: Plan, *, in_order: bool = False
) -> Iterator[list[pa.RecordBatch]]:
    """Yield batches of the same rows, one per source, matched by id.

    Parameters
    ----------
    files, plan : the files of each source, and what is read of them.
    in_order : whether rows come in the order of their ids.

    Raises
    ------
    IncompatibleError
        If an id occurs twice in a data set, or is missing from one.
    MissingExtraError
        If DuckDB is not installed.
    """
    try:
        import duckdb
    except ImportError:
        raise MissingExtraError.for_extra("duckdb", "joining data sets by id") from None
    with duckdb.connect(config={"memory_limit": MEMORY, "threads": 2}) as connection:
        connection.execute("SET preserve_insertion_order = false")
        try:
            rows = [_registered(connection, i, own, plan) for i, own in enumerate(files)]
            matched = 0
            for batches in _batches(connection, plan, in_order=in_order):
                matched += batches[0].num_rows
                yield batches
        except duckdb.Error as error:
            raise DataError(
                f"Cannot join {plan.sources[0].where} and the other data sets by id: {shown(error)}"
            ) from error
    if any(n != matched for n in rows):
        raise IncompatibleError(
            "Models were evaluated on different samples: the data sets have "
            f"{' and '.join(f'{n:,}' for n in rows)} ids, of which {matched:,} match."
        )


def _registered(connection: Any, source: int, files: Sequence[File], plan: Plan) -> int:
    """Create a view of a data set, and return its number of rows."""
    columns, ident = plan.columns(source), str(plan.sources[source].roles.id)
    remote = {file.address.partition("://")[0]: file for file in files if "://" in file.address}
    for file in remote.values():
        connection.register_filesystem(filesystem(file.address)[0])
    read = "read_csv" if files[0].format == CSV else "read_parquet"
    listed = ", ".join(_text(file.address) for file in files)
    options = ""
    if read == "read_csv":
        # Names are text, whether they look like numbers, truth values or dates.
        texts = ", ".join(f"{_text(name)}: 'VARCHAR'" for name in {ident, *plan.names(source)})
        options = f", header = true, types = {{{texts}}}"
    # The number of the source before each name keeps equal names of sources apart.
    named = ", ".join(f"{_name(column)} AS {_name(f'{source} {column}')}" for column in columns)
    connection.execute(
        f"CREATE VIEW source_{source} AS SELECT {named} FROM {read}([{listed}]{options})"  # noqa: S608  names are quoted
    )
    ((rows, ids),) = connection.sql(
        f"SELECT count(*), count(DISTINCT {_name(f'{source} {ident}')}) FROM source_{source}"  # noqa: S608  names are quoted
    ).fetchall()
    if ids < rows:
        raise IncompatibleError(
            f"Ids are not unique: {files[0].address} has {rows:,} rows and {ids:,} ids."
        )
    return int(rows)


def _batches(connection: Any, plan: Plan, *, in_order: bool) -> Iterator[list[pa.RecordBatch]]:
    ids = [_name(f"{i} {source.roles.id}") for i, source in enumerate(plan.sources)]
    # The caller finds an id without a match by the number of joined rows.
    joins = " ".join(f"JOIN source_{i} ON {ids[0]} = {ids[i]}" for i in range(1, len(plan.sources)))
    columns = sum(len(plan.columns(i)) for i in range(len(plan.sources)))
    order = f" ORDER BY {ids[0]}" if in_order else ""
    relation = connection.sql(f"SELECT * FROM source_0 {joins}{order}")  # noqa: S608  names are quoted
    for batch in relation.to_arrow_reader(batch_rows(columns)):
        if batch.num_rows:
            yield _by_source(batch, plan)


def _by_source(batch: pa.RecordBatch, plan: Plan) -> list[pa.RecordBatch]:
    """Return a joined batch as one batch per source, with the names in the plan."""
    found = []
    for i in range(len(plan.sources)):
        names = plan.columns(i)
        found.append(batch.select([f"{i} {name}" for name in names]).rename_columns(names))
    return found


def _name(column: str) -> str:
    return '"' + column.replace('"', '""') + '"'


def _text(address: str) -> str:
    return "'" + address.replace("'", "''") + "'"
