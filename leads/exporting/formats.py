"""Three ways to write leads, each as text that comes piece by piece and never whole.

A format is asked for its `head`, for each `row`, and for its `tail`, so that one pass over the
rows can write several files.
"""

import csv
import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Any, Protocol, TextIO

from crm.exports import disarm
from leads.exporting.fields import FIELDS, NAMES, SECTIONS, Row, plain
from leads.exporting.summary import Summary

NOTICE = (
    "Leads whose source is synthetic are generated: no such vehicle or customer is meant, and a "
    "VIN that belongs to somebody is chance. Scores rest on the parameter set named; the seed's "
    "is not calibrated on outcomes. The list is screened for unusual use, not a random sample."
)


class Format(Protocol):
    """Rows come in the form of `fields.plain`."""

    def head(self) -> str: ...
    def row(self, row: Row) -> str: ...
    def tail(self) -> str: ...


class JsonFormat:
    """`{"metadata": {...}, "leads": [...], "count": n}`, one lead a line, in sections."""

    def __init__(self, metadata: Mapping[str, Any]) -> None:
        self._metadata = {"notice": NOTICE, **metadata}
        self._count = 0
        self._sections = [
            (section, [field.name for field in FIELDS if field.section == section])
            for section in SECTIONS
        ]

    def head(self) -> str:
        return f'{{"metadata": {_json(self._metadata)},\n"leads": ['

    def row(self, row: Row) -> str:
        self._count += 1
        nested = {section: {name: row[name] for name in names} for section, names in self._sections}
        return (",\n" if self._count > 1 else "\n") + _json(nested)

    def tail(self) -> str:
        return f'\n],\n"count": {self._count}}}\n'


class CsvFormat:
    """Flat, RFC 4180. `bom` puts the byte-order mark in front by which Excel knows UTF-8."""

    def __init__(self, *, bom: bool = False) -> None:
        self._bom = "\ufeff" if bom else ""
        self._writer = csv.writer(_Echo())

    def head(self) -> str:
        return self._bom + str(self._writer.writerow(NAMES))

    def row(self, row: Row) -> str:
        return str(self._writer.writerow([_cell(value) for value in row.values()]))

    def tail(self) -> str:
        return ""


class SummaryFormat:
    """The business overview, which is all tail."""

    def __init__(self, metadata: Mapping[str, Any]) -> None:
        self._summary = Summary({"notice": NOTICE, **metadata})

    def head(self) -> str:
        return ""

    def row(self, row: Row) -> str:
        self._summary.add(row)
        return ""

    def tail(self) -> str:
        return self._summary.text()


def stream(form: Format, rows: Iterable[Row]) -> Iterator[str]:
    """The file's text in pieces of some hundred rows."""
    pieces = [form.head()]
    for row in rows:
        pieces.append(form.row(plain(row)))
        if len(pieces) >= 500:
            yield "".join(pieces)
            pieces.clear()
    pieces.append(form.tail())
    yield "".join(pieces)


def write_json(rows: Iterable[Row], out: TextIO, metadata: Mapping[str, Any]) -> None:
    """Nested JSON; `metadata` goes on top."""
    out.writelines(stream(JsonFormat(metadata), rows))


def write_csv(rows: Iterable[Row], out: TextIO, *, bom: bool = False) -> None:
    """Flat CSV. Open `out` with newline=""."""
    out.writelines(stream(CsvFormat(bom=bom), rows))


def write_summary(rows: Iterable[Row], out: TextIO, metadata: Mapping[str, Any]) -> None:
    """The business overview; `metadata` goes on top."""
    out.writelines(stream(SummaryFormat(metadata), rows))


class _Echo:
    """A file that gives back what is written to it, so that csv's writer returns the line."""

    def write(self, text: str) -> str:
        return text


# One encoder for all rows: `json.dumps` with arguments would build one for each.
_json = json.JSONEncoder(ensure_ascii=False, default=date.isoformat).encode


def _cell(value: Any) -> Any:
    """Numbers as they are; lists in the seed's notation, [2.39, 2.16]; text that is no formula."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str):
        return disarm(value)
    return json.dumps(value) if isinstance(value, list) else value
