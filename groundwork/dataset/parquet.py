"""Rows as Parquet, the same bytes for the same rows: one file a split, named as the Hub names them."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING

import msgspec

from groundwork.dataset.rows import Row

if TYPE_CHECKING:
    import pyarrow as pa

ROW_GROUP = 10_000  # rows
MEASURED = ("measured_difficulty", "flipping_criteria")


def parquet_name(split: str) -> str:
    """`train` as data/train-00000-of-00001.parquet."""
    return f"data/{split}-00000-of-00001.parquet"


def to_parquet(rows: Sequence[Row], columns: Sequence[str]) -> bytes:
    """A Parquet file of `columns`; every split gets the same schema, also an empty one."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pa.table({name: [getattr(row, name) for row in rows] for name in columns}, schema=_schema(columns))
    sink = io.BytesIO()
    pq.write_table(table, sink, compression="zstd", row_group_size=ROW_GROUP)
    return sink.getvalue()


def columns_of(*, context: bool, measured: bool = False) -> list[str]:
    """The columns of a dataset, in order; on request the source chunk (`context`) and what grading measured."""
    left_out = {*([] if context else ["context"]), *([] if measured else MEASURED)}
    return [name for name in Row.__struct_fields__ if name not in left_out]


def _schema(columns: Sequence[str]) -> pa.Schema:
    import pyarrow as pa

    of = {"pages": pa.list_(pa.int64()), "iteration": pa.int64(), "cluster": pa.int64()}
    of["measured_difficulty"] = pa.float64()
    lists = {field.name for field in msgspec.structs.fields(Row) if "list" in str(field.type)}
    return pa.schema(
        [(name, of.get(name) or (pa.list_(pa.string()) if name in lists else pa.string())) for name in columns]
    )
