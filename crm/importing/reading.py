"""CSV and XLSX files as rows of text, in bounded memory, with words for what cannot be read."""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from crm.exceptions import Refused

Cells = list[str]
_DISARMED = re.compile(r"'+[=+\-@\t\r\n\x00]")


class Unreadable(Refused):
    """A file that is refused as a whole, before a single row is looked at."""

    code = "unreadable_file"
    status = 422


@dataclass(frozen=True)
class Limits:
    """Bounds on one file. Uncompressed sizes guard against zip bombs, as a small file may
    unpack to any size; `part_bytes` bounds the parts of a workbook that are read into memory."""

    file_bytes: int = 50 * 1024 * 1024
    rows: int = 200_000
    columns: int = 200
    cell_chars: int = 32_767
    unpacked_bytes: int = 400 * 1024 * 1024
    strings_bytes: int = 60 * 1024 * 1024
    part_bytes: int = 20 * 1024 * 1024
    empty_run: int = 10_000


LIMITS = Limits()


@dataclass(frozen=True)
class Table:
    """A readable file. `rows()` can be called again and again; it yields (line, cells) with the
    line number as a spreadsheet shows it, cells padded to the headers, blank lines left out.

    A row that is longer than the headers keeps its surplus cells, for the caller to refuse.
    """

    headers: list[str]
    source: "Source" = field(repr=False)
    header_line: int
    limits: Limits = LIMITS

    @property
    def facts(self) -> dict[str, str]:
        return self.source.facts

    def rows(self) -> Iterator[tuple[int, Cells]]:
        width, count = len(self.headers), 0
        for line, cells in self.source.lines():
            if line <= self.header_line or not any(cells):
                continue
            count += 1
            if count > self.limits.rows:
                raise Unreadable(
                    f"The file has more than {self.limits.rows:,} rows.",
                    remedy="Split it into smaller files.",
                )
            yield line, _fitted(cells, width)


class Source:
    """Where lines come from: `lines()` yields (line number from 1, cells); `facts` says how the
    file was understood (format, encoding, sheet), for people."""

    facts: dict[str, str]

    def lines(self) -> Iterator[tuple[int, Cells]]:
        raise NotImplementedError


def open_table(path: Path, name: str, limits: Limits = LIMITS) -> Table:
    """The table in the file at `path`, which people call `name`.

    Looks at the beginning only; `rows()` may still raise Unreadable further down. Raises
    Unreadable for a file that is empty, too big, of another type, or without usable headers.
    """
    # Late, as both modules need the classes above.
    from crm.importing.delimited import DelimitedSource
    from crm.importing.workbook import WorkbookSource

    size = path.stat().st_size
    if size == 0:
        raise Unreadable("The file is empty.", remedy="Choose a file with a header and rows.")
    if size > limits.file_bytes:
        raise Unreadable(
            f"The file has {size / 2**20:.0f} MB; {limits.file_bytes / 2**20:.0f} MB are allowed.",
            remedy="Split it into smaller files.",
        )
    with path.open("rb") as file:
        start = file.read(8)
    if start.startswith(b"PK\x03\x04") or start.startswith(b"PK\x05\x06"):
        source: Source = WorkbookSource(path, limits)
    elif start.startswith(b"\xd0\xcf\x11\xe0"):
        raise Unreadable(
            "This is an old Excel file (.xls) or one with a password.",
            remedy="Save it as .xlsx or CSV without a password.",
        )
    else:
        source = DelimitedSource(path, limits)
    return _with_headers(source, name, limits)


def _with_headers(source: Source, name: str, limits: Limits) -> Table:
    for line, cells in source.lines():
        if any(cells):
            return Table(_checked_headers(cells, name, limits), source, line, limits)
    raise Unreadable(f"“{name}” has no rows.", remedy="Choose a file with a header and rows.")


def _checked_headers(cells: Cells, name: str, limits: Limits) -> list[str]:
    while cells and not cells[-1]:
        cells = cells[:-1]
    if len(cells) > limits.columns:
        raise Unreadable(
            f"“{name}” has {len(cells)} columns; {limits.columns} are allowed.",
            remedy="Remove columns that are not needed.",
        )
    headers = [" ".join(cell.split()) or f"Column {n}" for n, cell in enumerate(cells, start=1)]
    seen: dict[str, int] = {}
    for number, header in enumerate(headers, start=1):
        first = seen.setdefault(header.casefold(), number)
        if first != number:
            raise Unreadable(
                f"Two columns are called “{header}” (columns {first} and {number}).",
                remedy="Give each column a name of its own in the first row.",
            )
        if _looks_like_data(header):
            raise Unreadable(
                f"The first row seems to be data, not headers (“{header[:40]}”).",
                remedy="Put a row with the names of the columns on top.",
            )
    return headers


def _looks_like_data(header: str) -> bool:
    """An e-mail address, a number with seven or more digits, a date: never a column's name."""
    digits = sum(char.isdigit() for char in header)
    return "@" in header or digits >= 6


def _fitted(cells: Cells, width: int) -> Cells:
    if len(cells) < width:
        return [*cells, *[""] * (width - len(cells))]
    while len(cells) > width and not cells[-1]:
        cells = cells[:-1]
    return cells


def rearmed(text: str) -> str:
    """A cell without the apostrophe with which `crm.exports.disarm` keeps `=`, `+`, `-` or `@`
    at the beginning from being a formula."""
    return text[1:] if _DISARMED.match(text) else text


def file_hash(path: Path) -> str:
    """SHA-256 of the file in hexadecimal, read piece by piece."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(1 << 20):
            digest.update(piece)
    return digest.hexdigest()


def headers_key(headers: list[str]) -> str:
    """The same for files with the same set of headers, whatever their order and case."""
    names = sorted(" ".join(header.casefold().split()) for header in headers)
    return hashlib.sha256("\x1f".join(names).encode()).hexdigest()
