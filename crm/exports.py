"""Lists as CSV and XLSX files: streamed, safe against formulas, logged, importable again."""

import csv
import re
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import IO, Any, cast

import xlsxwriter
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import FileResponse, HttpRequest, HttpResponseBase, StreamingHttpResponse
from django.utils import timezone

from crm.models import ExportLog, User
from crm.roles import can
from jobs.registry import shop_zone

FORMATS = ("csv", "xlsx")
CHUNK_ROWS = 2_000
SPOOL_BYTES = 8 << 20
# Beyond this a sheet is cut by Excel itself.
SHEET_ROWS = 1_048_575
_E164 = re.compile(r"\+\d{8,15}")
_NUMBER = re.compile(r"[+-]?\d+([.,]\d+)?")
_ARMED = re.compile(r"'*[=+\-@\t\r\n\x00]")


@dataclass(frozen=True)
class Column:
    """One column: its header and where its value comes from (a path for `values_list`)."""

    header: str
    path: str
    show: Callable[[Any], Any] | None = None


def disarm(text: str) -> str:
    """Put an apostrophe before what a spreadsheet program would take for a formula.

    Telephone numbers in E.164 and plain numbers are left alone: they cannot be formulas, and
    would not survive the way back. The import takes the apostrophe off again; text that has one
    by itself gets a second one for that.
    """
    if not _ARMED.match(text) or _E164.fullmatch(text) or _NUMBER.fullmatch(text):
        return text
    return f"'{text}"


def as_cell(value: Any) -> Any:
    """A value as a cell: times in the shop's zone, yes and no, lists by "; ", safe text.

    Dates and numbers keep their type, for sheets; csv writes dates in ISO notation.
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return value.astimezone(shop_zone()).strftime("%Y-%m-%d %H:%M")
    if isinstance(value, int | Decimal | date):
        return value
    if isinstance(value, list | tuple):
        value = "; ".join(str(part) for part in value)
    return disarm(str(value))


def export_response(
    request: HttpRequest,
    *,
    name: str,
    columns: Sequence[Column],
    queryset: QuerySet[Any],
    kind: str | None = None,
) -> HttpResponseBase:
    """`queryset` with its filters and order as a download `<name>-<date>.<csv|xlsx>`.

    `kind` defaults to the query parameter `export`. Needs `exports:read`, else PermissionDenied.
    One query reads the rows with a server-side cursor; memory stays the same for any number of
    them. Each export is a row of the export log.
    """
    if not can(request.user, "exports:read"):
        raise PermissionDenied("Your role may not export lists.")
    chosen = kind or request.GET.get("export") or "csv"
    if chosen not in FORMATS:
        chosen = "csv"
    log = _log(request, name, chosen)
    rows = _counted(_rows(queryset, columns), log)
    file_name = f"{name}-{timezone.localdate():%Y-%m-%d}.{chosen}"
    headers = [column.header for column in columns]
    if chosen == "xlsx":
        return FileResponse(
            write_xlsx(headers, rows),
            as_attachment=True,
            filename=file_name,
            content_type="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        )
    return StreamingHttpResponse(
        write_csv(headers, rows),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{file_name}"'},
    )


def write_csv(headers: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[bytes]:
    """RFC 4180 in UTF-8 with a byte-order mark, without which Excel takes it for Windows-1252."""
    writer = csv.writer(_Echo())
    yield ("\ufeff" + writer.writerow(headers)).encode()
    lines: list[str] = []
    for row in rows:
        lines.append(writer.writerow(row))
        if len(lines) == 500:
            yield "".join(lines).encode()
            lines.clear()
    yield "".join(lines).encode()


def write_xlsx(headers: Sequence[str], rows: Iterable[Sequence[Any]]) -> IO[bytes]:
    """A workbook in a temporary file, written row by row. Text stays text, never a formula."""
    file = tempfile.SpooledTemporaryFile(max_size=SPOOL_BYTES)  # noqa: SIM115  (the answer closes it)
    book = xlsxwriter.Workbook(
        file,
        {
            "constant_memory": True,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
        },
    )
    sheet = book.add_worksheet()
    sheet.freeze_panes(1, 0)
    sheet.write_row(0, 0, headers, book.add_format({"bold": True}))
    day = book.add_format({"num_format": "yyyy-mm-dd"})
    for number, row in enumerate(rows, start=1):
        if number > SHEET_ROWS:
            break
        for position, value in enumerate(row):
            if isinstance(value, date):
                sheet.write_datetime(number, position, value, day)
            elif value != "":
                sheet.write(number, position, value)
    book.close()
    file.seek(0)
    return file


class _Echo:
    """A file that gives back what is written to it, so that csv's writer returns the line."""

    def write(self, text: str) -> str:
        return text


def _rows(queryset: QuerySet[Any], columns: Sequence[Column]) -> Iterator[list[Any]]:
    shows = [column.show for column in columns]
    values = queryset.values_list(*(column.path for column in columns))
    for row in values.iterator(chunk_size=CHUNK_ROWS):
        yield [
            as_cell(show(value) if show else value) for show, value in zip(shows, row, strict=True)
        ]


def _log(request: HttpRequest, name: str, chosen: str) -> ExportLog:
    filters = request.GET.copy()
    for known in ("export", "page", "cursor"):
        filters.pop(known, None)
    return ExportLog.objects.create(
        user=cast(User, request.user),
        user_label=request.user.get_username(),
        list_name=name,
        format=chosen,
        filters=filters.urlencode()[:2_000],
    )


def _counted(rows: Iterator[list[Any]], log: ExportLog) -> Iterator[list[Any]]:
    """The number of rows goes into the log when the last one has left."""
    count = 0
    for row in rows:
        count += 1
        yield row
    ExportLog.objects.filter(pk=log.pk).update(rows=count)
