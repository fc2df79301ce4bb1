"""Rows as Parquet, the same bytes for the same rows: a file for every ROWS_A_FILE of a split, named as the Hub does."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import TYPE_CHECKING

import msgspec

from groundwork.records.dataset_row import Row

if TYPE_CHECKING:
    import pyarrow as pa

ROW_GROUP = 10_000  # rows
ROWS_A_FILE = 100_000
MEASURED = ("measured_difficulty", "flipping_criteria")
MIXED = ("mixed",)
UNANSWERABLE = ("unanswerable",)


Contents = bytes | Callable[[], Iterable[bytes]]  # a file's content, or what makes it part by part as it is written


def parquet_name(split: str, number: int = 0, count: int = 1) -> str:
    """`train` as data/train-00000-of-00001.parquet."""
    return f"data/{split}-{number:05}-of-{count:05}.parquet"


def parquet_pattern(split: str, rows: int) -> str:
    """The file of a split of so many rows, or what the names of its several files have in common."""
    return parquet_name(split) if rows <= ROWS_A_FILE else f"data/{split}-*-of-{_file_count(rows):05}.parquet"


def parquet_files(split: str, rows: Sequence[Row], columns: Sequence[str]) -> dict[str, Contents]:
    """The files of a split by name, each made when it is written, so that they are never in memory together."""
    count = _file_count(len(rows))
    return {
        parquet_name(split, number, count): partial(_encode_file, rows, number * ROWS_A_FILE, columns)
        for number in range(count)
    }


def _file_count(rows: int) -> int:
    return max(1, -(-rows // ROWS_A_FILE))


def _encode_file(rows: Sequence[Row], first_row: int, columns: Sequence[str]) -> list[bytes]:
    return [encode_parquet(rows[first_row : first_row + ROWS_A_FILE], columns)]


def encode_parquet(rows: Sequence[Row], columns: Sequence[str]) -> bytes:
    """A Parquet file of `columns`; every split gets the same schema, also an empty one."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema, sink = _schema(columns), io.BytesIO()
    with pq.ParquetWriter(sink, schema, compression="zstd") as writer:
        for start in range(0, len(rows), ROW_GROUP):
            group = rows[start : start + ROW_GROUP]
            writer.write_table(
                pa.table({column: [getattr(row, column) for row in group] for column in columns}, schema)
            )
    return sink.getvalue()


def dataset_columns(
    *, context: bool, measured: bool = False, mixed: bool = False, unanswerable: bool = False
) -> list[str]:
    """The columns of a dataset, in order; on request the source chunk (`context`), what grading measured, what was
    mixed in, and which questions have no answer."""
    optional = (("context",), context), (MEASURED, measured), (MIXED, mixed), (UNANSWERABLE, unanswerable)
    left_out = {column for columns, enabled in optional if not enabled for column in columns}
    return [column for column in Row.__struct_fields__ if column not in left_out]


def _schema(columns: Sequence[str]) -> pa.Schema:
    import pyarrow as pa

    types = {"pages": pa.list_(pa.int64()), "iteration": pa.int64(), "cluster": pa.int64()}
    types |= {"measured_difficulty": pa.float64(), "unanswerable": pa.bool_()}
    lists = {field.name for field in msgspec.structs.fields(Row) if "list" in str(field.type)}
    return pa.schema(
        [
            (column, types.get(column) or (pa.list_(pa.string()) if column in lists else pa.string()))
            for column in columns
        ]
    )
