"""Exported files back as rows: what was written is what is read, from JSON and CSV alike."""

import csv
import json
import re
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any, TextIO

from crm.importing.reading import Unreadable, rearmed
from leads.exporting.fields import FIELDS, NAMES, Field, Row, fault

_PIECE = 1 << 16
_LONGEST_LEAD = 1 << 20
_BEGIN = re.compile(r'"leads"\s*:\s*\[')


def read_file(path: Path) -> Iterator[Row]:
    """The rows of a JSON or CSV file by its ending; a field that it lacks is None.

    Reads as it goes. Raises Unreadable, maybe only after some rows.
    """
    readers = {".json": read_json, ".csv": read_csv}
    reader = readers.get(path.suffix.lower())
    if reader is None:
        raise Unreadable(f"{path.name} ends neither in .json nor in .csv.", remedy="Rename it.")
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            yield from reader(file)
    except UnicodeDecodeError as error:
        raise Unreadable(f"{path.name} is not UTF-8.", remedy="Save it as UTF-8.") from error
    except OSError as error:
        raise Unreadable(f"{path} cannot be read: {error.strerror}.") from error


def read_json(file: TextIO) -> Iterator[Row]:
    """The leads under "leads", whatever the layout, in memory for one lead at a time."""
    for number, lead in enumerate(_objects(file), start=1):
        if not isinstance(lead, dict):
            raise Unreadable(f"Lead {number} is no JSON object.")
        flat: dict[str, Any] = {}
        for section in lead.values():
            if not isinstance(section, dict):
                raise Unreadable(f"Lead {number} is not in the seed's sections.")
            flat |= section
        yield _row(f"Lead {number}", flat, _from_json)


def _objects(file: TextIO) -> Iterator[Any]:
    decoder = json.JSONDecoder()
    buffer = file.read(_PIECE)
    begin = _BEGIN.search(buffer)
    if begin is None:
        raise Unreadable('The file has no list named "leads".', remedy="Export it anew.")
    place = begin.end()
    while True:
        place = _skip(buffer, place)
        if buffer.startswith("]", place):
            return
        try:
            found, place = decoder.raw_decode(buffer, place)
        except ValueError as error:
            piece = file.read(_PIECE)
            if not piece or len(buffer) - place > _LONGEST_LEAD:
                raise Unreadable("The JSON is broken or ends too early.") from error
            buffer, place = buffer[place:] + piece, 0
            continue
        yield found


def _skip(buffer: str, place: int) -> int:
    while place < len(buffer) and buffer[place] in " \t\r\n,":
        place += 1
    return place


def read_csv(file: TextIO) -> Iterator[Row]:
    """The rows under the header of field names. Open `file` with newline=""."""
    reader = csv.DictReader(file, strict=True)
    try:
        if not set(reader.fieldnames or ()) & set(NAMES):
            raise Unreadable("No column has the name of a lead's field.", remedy="Export it anew.")
        for cells in reader:
            if None in cells or None in cells.values():
                raise Unreadable(f"Line {reader.line_num} has not as many cells as the header.")
            yield _row(f"Line {reader.line_num}", cells, _from_cell)
    except csv.Error as error:
        raise Unreadable(f"Line {reader.line_num} cannot be read: {error}.") from error


def _row(where: str, values: Row, read: Callable[[Field, Any], Any]) -> Row:
    found: dict[str, Any] = dict.fromkeys(NAMES)
    for field in FIELDS:
        raw = values.get(field.name)
        try:
            found[field.name] = read(field, raw)
        except (ValueError, TypeError):
            raise Unreadable(f"{where}: {field.name} is no {field.kind}: {raw!r:.40}.") from None
        if wrong := fault(field, found[field.name]):
            raise Unreadable(f"{where}: {wrong}.")
    return found


def _from_json(field: Field, value: Any) -> Any:
    return date.fromisoformat(value) if field.kind == "date" and value is not None else value


def _from_cell(field: Field, cell: str | None) -> Any:
    return None if cell in (None, "") else _CELLS[field.kind](cell)


def _boolean(cell: str) -> bool:
    if cell not in ("yes", "no"):
        raise ValueError("neither yes nor no")
    return cell == "yes"


_CELLS: dict[str, Callable[[str], Any]] = {
    "text": rearmed,
    "integer": int,
    "number": float,
    "numbers": json.loads,
    "boolean": _boolean,
    "date": date.fromisoformat,
}
