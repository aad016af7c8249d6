"""Files of imports: taken in, kept for the worker, laid out row by row in the database."""

import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from crm import phones
from crm.importing import matching
from crm.importing.dates import Evidence
from crm.importing.fields import BY_NAME
from crm.importing.reading import (
    Limits,
    Table,
    Unreadable,
    file_hash,
    headers_key,
    open_table,
)
from crm.models import Customer, ImportChange, ImportFilePart, ImportRow, ImportRun, User
from crm.services.import_chunks import copying

PART_BYTES = 1 << 20
SAMPLE_ROWS = 8
ABANDONED_DAYS = 7
REVERT_DAYS = 30


def limits() -> Limits:
    return Limits(file_bytes=settings.IMPORT_MAX_BYTES)


def receive(*, chunks: Iterable[bytes], name: str, by: User | None) -> ImportRun:
    """Take an uploaded file in. Raises Unreadable, and then keeps nothing of it."""
    with tempfile.NamedTemporaryFile(prefix="lanewise-import-") as file:
        size = 0
        for chunk in chunks:
            size += len(chunk)
            if size > settings.IMPORT_MAX_BYTES:
                break
            file.write(chunk)
        file.flush()
        path = Path(file.name)
        with transaction.atomic():
            run = register(path=path, name=name, by=by)
            _keep(run, path)
    return run


def register(*, path: Path, name: str, by: User | None) -> ImportRun:
    """A run for the file at `path`, with its columns matched as the last like file's were, or
    guessed. Raises Unreadable."""
    table = open_table(path, name, limits())
    key = headers_key(table.headers)
    return ImportRun.objects.create(
        file_name=Path(name).name[:255] or "file",
        file_size=path.stat().st_size,
        file_hash=file_hash(path),
        headers=table.headers,
        headers_key=key,
        facts=table.facts,
        sample=_sample(table),
        mapping=remembered(key, table.headers) or matching.guess(table.headers),
        created_by=by,
    )


def _sample(table: Table) -> list[list[str]]:
    rows = []
    for _, cells in table.rows():
        rows.append([cell[:80].replace("\x00", "") for cell in cells])
        if len(rows) == SAMPLE_ROWS:
            break
    if not rows:
        raise Unreadable("The file has headers but no rows.", remedy="Choose another file.")
    return rows


def remembered(key: str, headers: list[str]) -> matching.Columns | None:
    """How a person matched these headers the last time a file with them was imported."""
    last = (
        ImportRun.objects.filter(headers_key=key)
        .exclude(batch=None)
        .values_list("mapping", flat=True)
        .first()
    )
    if last is None:
        return None
    by_case = {header.casefold(): name for header, name in last.items()}
    return {header: by_case.get(header.casefold()) for header in headers}


def _keep(run: ImportRun, path: Path) -> None:
    with path.open("rb") as file:
        number = 0
        while piece := file.read(PART_BYTES):
            ImportFilePart.objects.create(run=run, number=number, data=piece)
            number += 1


@contextmanager
def _restored(run: ImportRun) -> Iterator[Path]:
    """The uploaded file on this machine's disk."""
    with tempfile.NamedTemporaryFile(prefix="lanewise-import-") as file:
        for data in run.parts.order_by("number").values_list("data", flat=True).iterator(4):
            file.write(data)
        file.flush()
        yield Path(file.name)


def stage(run: ImportRun, path: Path | None = None) -> None:
    """Lay the file's rows out in `import_rows`, unless they are there, and read off each date
    column whether day or month comes first. Raises Unreadable and leaves nothing then.

    `path` is the file when it is on this machine, otherwise the uploaded parts are used.
    """
    stamp = {name: header for header, name in run.mapping.items() if name}
    if run.facts.get("staged") == stamp and run.rows.exists():
        return
    with transaction.atomic():
        run.rows.all().delete()
        if path is not None:
            _lay_out(run, path)
        else:
            with _restored(run) as restored:
                _lay_out(run, restored)
        run.facts["staged"] = stamp
        run.save(update_fields=["facts", "total_rows"])


def _lay_out(run: ImportRun, path: Path) -> None:
    table = open_table(path, run.file_name, limits())
    evidence = {
        number: Evidence()
        for number, header in enumerate(table.headers)
        if (name := run.mapping.get(header)) and BY_NAME[name].kind == "date"
    }
    count = 0
    statement = "COPY import_rows (run_id, number, line, cells) FROM STDIN"
    with copying(statement) as copy:
        for line, cells in table.rows():
            for number, seen in evidence.items():
                seen.see(cells[number])
            copy.write_row((run.pk, count, line, [_storable(cell) for cell in cells]))
            count += 1
    run.total_rows = count
    run.facts["date_orders"] = {table.headers[n]: seen.orders() for n, seen in evidence.items()}


def _storable(cell: str) -> str:
    """PostgreSQL holds no NUL; the sign for it stands in, and the row's reader refuses it."""
    return cell.replace("\x00", "\u2400")


def staged_rows(run: ImportRun, first: int, count: int) -> list[tuple[int, list[str]]]:
    """(line, cells) of at most `count` rows from position `first`, in the file's order."""
    return list(
        ImportRow.objects.filter(run=run, number__gte=first, number__lt=first + count)
        .order_by("number")
        .values_list("line", "cells")
    )


def prune(*, now: datetime | None = None) -> int:
    """Forget what nobody needs any more, as it is personal data: uploads that were never
    imported after a week, refused rows and former values when the import cannot be taken back.
    Returns the number of runs."""
    now = now or timezone.now()
    abandoned = ImportRun.objects.filter(
        batch=None, created_at__lt=now - timedelta(days=ABANDONED_DAYS)
    )
    count = abandoned.count()
    abandoned.delete()
    old = ImportRun.objects.filter(created_at__lt=now - timedelta(days=REVERT_DAYS))
    for run in old.filter(Exists(ImportChange.objects.filter(run=OuterRef("pk")))):
        clear(run)
        ImportChange.objects.filter(run=run).delete()
        run.refusals.all().delete()
        run.report = {**(run.report or {}), "examples": {}}
        run.save(update_fields=["report"])
        count += 1
    return count


def forget_customer(customer: Customer) -> None:
    """Drop what imports remember of somebody who is being anonymised: former values, examples
    in the reports of their imports, refused rows with their phone or e-mail address."""
    keys = [customer.pk, *customer.vehicles.values_list("pk", flat=True)]
    changes = ImportChange.objects.filter(row_id__in=keys)
    for run in ImportRun.objects.filter(pk__in=changes.values("run")):
        run.report = {**(run.report or {}), "examples": {}}
        run.save(update_fields=["report"])
    changes.delete()
    digits = phones.digits(customer.phone)
    with connection.cursor() as cursor:
        cursor.execute(
            """
            DELETE FROM import_refusals
            WHERE regexp_replace(array_to_string(cells, ' '), '[^0-9]', '', 'g') LIKE %s
               OR (%s <> '' AND lower(array_to_string(cells, ' ')) LIKE %s)
            """,
            [f"%{digits}%", customer.email or "", f"%{(customer.email or '').lower()}%"],
        )


def clear(run: ImportRun) -> None:
    """Let go of the file; what is needed to take the import back stays."""
    run.rows.all().delete()
    run.parts.all().delete()
