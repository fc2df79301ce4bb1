"""Rows as Parquet, the same bytes for the same rows: files of ROWS_PER_PARQUET_FILE, named as on the Hub."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import TYPE_CHECKING

import msgspec

from groundwork.records import Row

if TYPE_CHECKING:
    import pyarrow as pa

ROW_GROUP_SIZE = 10_000  # rows
ROWS_PER_PARQUET_FILE = 100_000
MEASURED_PARQUET_COLUMNS = ("measured_difficulty", "flipping_criteria")
MIXED_COLUMNS = ("mixed",)
UNANSWERABLE_COLUMNS = ("unanswerable",)


# A file's content, or what makes it part by part as it is written.
ParquetContents = bytes | Callable[[], Iterable[bytes]]


def parquet_name(split: str, file_number: int = 0, file_count: int = 1) -> str:
    """`train` as data/train-00000-of-00001.parquet."""
    return f"data/{split}-{file_number:05}-of-{file_count:05}.parquet"


def parquet_pattern(split: str, rows: int) -> str:
    """The file of a split of so many rows, or what the names of its several files have in common."""
    if rows <= ROWS_PER_PARQUET_FILE:
        return parquet_name(split)
    return f"data/{split}-*-of-{_parquet_file_count(rows):05}.parquet"


def parquet_files(split: str, split_rows: Sequence[Row], columns: Sequence[str]) -> dict[str, ParquetContents]:
    """The files of a split by name, each made when it is written, so that they are never in memory together."""
    file_count = _parquet_file_count(len(split_rows))
    return {
        parquet_name(split, file_number, file_count): partial(
            _encode_parquet_file, split_rows, file_number * ROWS_PER_PARQUET_FILE, columns
        )
        for file_number in range(file_count)
    }


def _parquet_file_count(rows: int) -> int:
    return max(1, -(-rows // ROWS_PER_PARQUET_FILE))


def _encode_parquet_file(split_rows: Sequence[Row], first_row: int, columns: Sequence[str]) -> list[bytes]:
    return [encode_parquet(split_rows[first_row : first_row + ROWS_PER_PARQUET_FILE], columns)]


def encode_parquet(dataset_rows: Sequence[Row], columns: Sequence[str]) -> bytes:
    """A Parquet file of `columns`; every split gets the same schema, also an empty one."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    parquet_schema, parquet_bytes = _parquet_schema(columns), io.BytesIO()
    with pq.ParquetWriter(parquet_bytes, parquet_schema, compression="zstd") as parquet_writer:
        for row_group_start in range(0, len(dataset_rows), ROW_GROUP_SIZE):
            row_group = dataset_rows[row_group_start : row_group_start + ROW_GROUP_SIZE]
            parquet_writer.write_table(
                pa.table(
                    {
                        parquet_column: [getattr(dataset_row, parquet_column) for dataset_row in row_group]
                        for parquet_column in columns
                    },
                    parquet_schema,
                )
            )
    return parquet_bytes.getvalue()


def dataset_columns(
    *, context: bool, measured: bool = False, mixed: bool = False, unanswerable: bool = False
) -> list[str]:
    """The columns of a dataset, in order; on request the source chunk (`context`), what grading measured, what was
    mixed in, and which questions have no answer."""
    optional_columns = (
        (("context",), context),
        (MEASURED_PARQUET_COLUMNS, measured),
        (MIXED_COLUMNS, mixed),
        (UNANSWERABLE_COLUMNS, unanswerable),
    )
    left_out_columns = {column for columns, enabled in optional_columns if not enabled for column in columns}
    return [parquet_column for parquet_column in Row.__struct_fields__ if parquet_column not in left_out_columns]


def _parquet_schema(columns: Sequence[str]) -> pa.Schema:
    import pyarrow as pa

    parquet_types = {"pages": pa.list_(pa.int64()), "iteration": pa.int64(), "cluster": pa.int64()}
    parquet_types |= {"measured_difficulty": pa.float64(), "unanswerable": pa.bool_()}
    list_columns = {field.name for field in msgspec.structs.fields(Row) if "list" in str(field.type)}
    return pa.schema(
        [
            (
                parquet_column,
                parquet_types.get(parquet_column)
                or (pa.list_(pa.string()) if parquet_column in list_columns else pa.string()),
            )
            for parquet_column in columns
        ]
    )
