"""Rows as Parquet, the same bytes for the same rows: a file for every ROWS_A_FILE of a split, named as the Hub does."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import TYPE_CHECKING

import msgspec

from groundwork.records import Row

if TYPE_CHECKING:
    import pyarrow as pa

ROW_GROUP = 10_000  # rows
ROWS_A_FILE = 100_000
MEASURED = ("measured_difficulty", "flipping_criteria")
MIXED = ("mixed",)
UNANSWERABLE = ("unanswerable",)


Contents = bytes | Callable[[], Iterable[bytes]]  # a file's content, or what makes it part by part as it is written


def parquet_name(split: str, file_number: int = 0, file_count: int = 1) -> str:
    """`train` as data/train-00000-of-00001.parquet."""
    return f"data/{split}-{file_number:05}-of-{file_count:05}.parquet"


def parquet_pattern(split: str, rows: int) -> str:
    """The file of a split of so many rows, or what the names of its several files have in common."""
    return parquet_name(split) if rows <= ROWS_A_FILE else f"data/{split}-*-of-{_file_count(rows):05}.parquet"


def parquet_files(split: str, split_rows: Sequence[Row], columns: Sequence[str]) -> dict[str, Contents]:
    """The files of a split by name, each made when it is written, so that they are never in memory together."""
    file_count = _file_count(len(split_rows))
    return {
        parquet_name(split, file_number, file_count): partial(
            _encode_file, split_rows, file_number * ROWS_A_FILE, columns
        )
        for file_number in range(file_count)
    }


def _file_count(rows: int) -> int:
    return max(1, -(-rows // ROWS_A_FILE))


def _encode_file(split_rows: Sequence[Row], first_row: int, columns: Sequence[str]) -> list[bytes]:
    return [encode_parquet(split_rows[first_row : first_row + ROWS_A_FILE], columns)]


def encode_parquet(dataset_rows: Sequence[Row], columns: Sequence[str]) -> bytes:
    """A Parquet file of `columns`; every split gets the same schema, also an empty one."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema, sink = _schema(columns), io.BytesIO()
    with pq.ParquetWriter(sink, schema, compression="zstd") as writer:
        for group_start in range(0, len(dataset_rows), ROW_GROUP):
            row_group = dataset_rows[group_start : group_start + ROW_GROUP]
            writer.write_table(
                pa.table(
                    {column: [getattr(dataset_row, column) for dataset_row in row_group] for column in columns}, schema
                )
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
