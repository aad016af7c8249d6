"""XLSX files, row by row. Nothing of a workbook is trusted: sizes are checked before anything
is unpacked, and defusedxml refuses entities."""

import zipfile
from collections.abc import Generator, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import date, datetime, time
from itertools import islice, repeat
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import ParseError

import openpyxl
from defusedxml import DefusedXmlException

from crm.importing.reading import Cells, Limits, Source, Unreadable

_BROKEN = (
    zipfile.BadZipFile, KeyError, ValueError, TypeError, IndexError, AttributeError, EOFError,
    OSError, ParseError, NotImplementedError, RuntimeError,
)  # fmt: skip
_STRINGS = "xl/sharedStrings.xml"
_SHEETS = "xl/worksheets/"


class WorkbookSource(Source):
    """The first visible sheet that has anything in it."""

    def __init__(self, path: Path, limits: Limits) -> None:
        self.path, self.limits = path, limits
        _check_archive(path, limits)
        if not openpyxl.DEFUSEDXML:  # pragma: no cover - an installation without the package
            raise RuntimeError("defusedxml is missing; workbooks cannot be read safely")
        names = self._guarded(self._sheet_names)
        self.sheet = names[0]
        self.has_formulas = _has_formulas(path)
        self.facts = {"format": "XLSX", "sheet": self.sheet, "other_sheets": ", ".join(names[1:])}

    def lines(self) -> Iterator[tuple[int, Cells]]:
        return self._guarded_rows()

    def _guarded_rows(self) -> Iterator[tuple[int, Cells]]:
        rows = self._rows()
        while True:
            try:
                item = self._guarded(lambda: next(rows, None))
            except Unreadable:
                rows.close()
                raise
            if item is None:
                return
            yield item

    def _guarded(self, read: Any) -> Any:
        try:
            return read()
        except Unreadable:
            raise
        except _BROKEN as error:
            # openpyxl wraps what its parser raises, defusedxml's refusals included.
            if isinstance(error, DefusedXmlException) or isinstance(
                error.__cause__, DefusedXmlException
            ):
                raise Unreadable(
                    "The workbook declares XML entities, which no spreadsheet program writes.",
                    remedy="Open it in Excel and save it anew.",
                ) from error
            raise Unreadable(
                "The workbook is damaged or has a password.",
                remedy="Open it in Excel and save it anew, or save it as CSV.",
            ) from error

    def _sheet_names(self) -> list[str]:
        with _loaded(self.path) as book:
            names = [
                sheet.title
                for sheet in book.worksheets
                if sheet.sheet_state == "visible" and _has_values(sheet)
            ]
        if not names:
            raise Unreadable(
                "The workbook has no rows.", remedy="Choose a file with a header and rows."
            )
        return names

    def _rows(self) -> Generator[tuple[int, Cells]]:
        """A formula gives the value that Excel stored for it, or itself when none is stored."""
        with ExitStack() as stack:
            values = stack.enter_context(_loaded(self.path))[self.sheet].values
            raw: Iterable[tuple[Any, ...]] = repeat(())
            if self.has_formulas:
                raw = stack.enter_context(_loaded(self.path, formulas=True))[self.sheet].values
            empty = 0
            for line, (row, sources) in enumerate(zip(values, raw, strict=False), start=1):
                if all(value is None for value in row) and not any(sources):
                    empty += 1
                    if empty > self.limits.empty_run:
                        return
                    continue
                empty = 0
                yield line, self._cells(row, sources, line)

    def _cells(self, row: tuple[Any, ...], sources: tuple[Any, ...], line: int) -> Cells:
        cells = [as_text(value) for value in row]
        for number, source in enumerate(sources[: len(cells)]):
            if not cells[number] and isinstance(source, str) and source.startswith("="):
                cells[number] = source
        for number, cell in enumerate(cells, start=1):
            if len(cell) > self.limits.cell_chars:
                raise Unreadable(
                    f"Row {line}, column {number} has {len(cell):,} characters.",
                    remedy=f"A cell may have {self.limits.cell_chars:,}; shorten it.",
                )
        return [cell.strip() for cell in cells]


@contextmanager
def _loaded(path: Path, *, formulas: bool = False) -> Iterator[Any]:
    """The workbook, opened as a file: by name openpyxl would want the ending .xlsx."""
    with path.open("rb") as file:
        book = openpyxl.load_workbook(file, read_only=True, data_only=not formulas)
        try:
            yield book
        finally:
            book.close()


def _has_values(sheet: Any) -> bool:
    return any(value is not None for row in islice(sheet.values, 50) for value in row)


def as_text(value: Any) -> str:
    """A cell's value as a person would write it into a CSV file: ISO dates, whole numbers
    without a decimal point."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(" ")
    if isinstance(value, date):
        return value.isoformat()
    return str(value)


def _check_archive(path: Path, limits: Limits) -> None:
    """Refuse what would not fit, by the directory of the archive. The directory cannot lie to
    our harm: the zip module never gives more bytes of a part than are declared for it."""
    try:
        with zipfile.ZipFile(path) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError) as error:
        raise Unreadable(
            "The file is damaged.", remedy="Open it in Excel and save it anew."
        ) from error
    if "xl/workbook.xml" not in {part.filename for part in parts}:
        raise Unreadable(
            "This is an archive or another kind of document, not an Excel workbook.",
            remedy="Export the list as CSV or XLSX.",
        )
    total = sum(part.file_size for part in parts)
    too_big = total > limits.unpacked_bytes or len(parts) > 2_000
    for part in parts:
        bound = limits.part_bytes
        if part.filename.startswith(_SHEETS):
            bound = limits.unpacked_bytes
        elif part.filename == _STRINGS:
            bound = limits.strings_bytes
        # Pictures and the like are never unpacked.
        too_big |= part.filename.endswith((".xml", ".rels")) and part.file_size > bound
    if too_big:
        raise Unreadable(
            f"The workbook unpacks to {total / 2**20:,.0f} MB, more than can be read safely.",
            remedy="Save the list as CSV, or split it into smaller files.",
        )


def _has_formulas(path: Path) -> bool:
    """Whether any sheet has a formula; streams the XML without parsing it."""
    with zipfile.ZipFile(path) as archive:
        for part in archive.infolist():
            if not part.filename.startswith(_SHEETS):
                continue
            with archive.open(part) as file:
                tail = b""
                while piece := file.read(1 << 20):
                    if b"<f>" in tail + piece or b"<f " in tail + piece:
                        return True
                    tail = piece[-3:]
    return False
