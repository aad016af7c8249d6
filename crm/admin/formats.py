"""Formats of django-import-export that are safe to open in a spreadsheet program.

Its own escaping takes a leading "=" away and knows no other sign; ours is the one of all exports.
"""

from typing import Any

from import_export.formats import base_formats
from tablib import Dataset

from crm.exports import as_cell, write_csv, write_xlsx
from crm.importing.reading import rearmed


def _rearmed(dataset: Dataset) -> Dataset:
    rows = [[rearmed(c) if isinstance(c, str) else c for c in row] for row in dataset]
    return Dataset(*rows, headers=dataset.headers)


class SafeCsv(base_formats.CSV):
    encoding = "utf-8-sig"

    def export_data(self, dataset: Dataset, **kwargs: Any) -> str:
        rows = ([as_cell(cell) for cell in row] for row in dataset)
        return b"".join(write_csv(dataset.headers, rows)).decode()

    def create_dataset(self, in_stream: Any, **kwargs: Any) -> Dataset:
        if isinstance(in_stream, str):
            in_stream = in_stream.removeprefix("\ufeff")
        return _rearmed(super().create_dataset(in_stream, **kwargs))


class SafeXlsx(base_formats.XLSX):
    def export_data(self, dataset: Dataset, **kwargs: Any) -> bytes:
        rows = ([as_cell(cell) for cell in row] for row in dataset)
        with write_xlsx(dataset.headers, rows) as file:
            return file.read()

    def create_dataset(self, in_stream: Any) -> Dataset:
        return _rearmed(super().create_dataset(in_stream))
