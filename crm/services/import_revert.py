"""Taking an import back: what it created goes, what it changed is as before.

A record that somebody has edited since, or that something else stands on by now, is left as it
is and named.
"""

from dataclasses import asdict, dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import DataError, IntegrityError, connection, transaction
from django.utils import timezone

from crm.constraints import explain
from crm.context import acting, audited, current
from crm.enums import ImportStatus
from crm.exceptions import Refused
from crm.importing.fields import CUSTOMER_COLUMNS
from crm.models import ImportChange, ImportRun, User
from crm.services.import_chunks import OWNED_VEHICLE_COLUMNS
from crm.services.import_files import REVERT_DAYS

EXAMPLES = 200
_COLUMNS = {"customers": CUSTOMER_COLUMNS, "vehicles": OWNED_VEHICLE_COLUMNS}
_NAMES = {"customers": "name", "vehicles": "concat_ws(' ', year, make, model, vin)"}
_EDITED = "It was edited after the import."


@dataclass
class RevertReport:
    """Numbers by table, and the records that were left with the reason."""

    removed: dict[str, int] = field(default_factory=dict)
    restored: dict[str, int] = field(default_factory=dict)
    left: list[dict[str, str]] = field(default_factory=list)
    left_count: int = 0

    def leave(self, table: str, keys: list[UUID], reason: str) -> None:
        self.left_count += len(keys)
        room = EXAMPLES - len(self.left)
        for key, name in _names(table, keys[:room]):
            self.left.append({"table": table, "id": str(key), "name": name, "reason": reason})


def may_revert(run: ImportRun) -> bool:
    """Imports can be taken back for `REVERT_DAYS` days."""
    return (
        run.status in (ImportStatus.DONE, ImportStatus.FAILED)
        and run.batch_id is not None
        and run.created_at > timezone.now() - timedelta(days=REVERT_DAYS)
    )


def revert_import(*, run: ImportRun, by: User | None) -> RevertReport:
    """Take the import back in one transaction. Raises Refused when it is too old, not finished,
    or taken back already."""
    report = RevertReport()
    with (
        acting(actor=by, source="import", request_id=current().request_id),
        audited(reason=f"Import of {run.file_name} taken back", mileage_correction="on"),
    ):
        locked = ImportRun.objects.select_for_update().get(pk=run.pk)
        if not may_revert(locked):
            raise Refused(
                f"This import cannot be taken back: it is older than {REVERT_DAYS} days, not "
                "finished, or was taken back already.",
                code="cannot_revert",
            )
        # Vehicles first: one that goes back to its owner frees the customer that it came with.
        for table in ("vehicles", "customers"):
            intact = _unedited(locked, table, report)
            _restore(locked, table, intact["changed"], report)
            _remove(table, intact["created"], report)
        _close(locked, report)
    run.refresh_from_db()
    return report


def _unedited(run: ImportRun, table: str, report: RevertReport) -> dict[str, list[UUID]]:
    """Locked keys of the records that are as the import left them, by created and changed."""
    found: dict[str, list[UUID]] = {"created": [], "changed": []}
    edited: list[UUID] = []
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT t.id, ch.before IS NULL, t.updated_at = ch.written_at
            FROM import_changes AS ch JOIN {table} AS t ON t.id = ch.row_id
            WHERE ch.run_id = %s AND ch.table_name = %s ORDER BY t.id FOR UPDATE OF t
            """,  # noqa: S608  (tables and columns of our own)
            [run.pk, table],
        )
        for key, is_created, is_intact in cursor.fetchall():
            if is_intact:
                found["created" if is_created else "changed"].append(key)
            else:
                edited.append(key)
    report.leave(table, edited, _EDITED)
    return found


def _restore(run: ImportRun, table: str, keys: list[UUID], report: RevertReport) -> None:
    """Bring the former values back; keys whose values no longer fit are found by halving."""
    if not keys:
        return
    columns = ", ".join(_COLUMNS[table])
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(
                f"""
                UPDATE {table} AS t SET ({columns}) = (
                    SELECT {columns} FROM jsonb_populate_record(t, ch.before)
                )
                FROM import_changes AS ch
                WHERE ch.run_id = %s AND ch.table_name = %s AND ch.row_id = t.id
                  AND t.id = ANY(%s::uuid[])
                """,  # noqa: S608  (tables and columns of our own)
                [run.pk, table, keys],
            )
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        report.restored[table] = report.restored.get(table, 0) + len(keys)
    except (IntegrityError, DataError) as error:
        if len(keys) == 1:
            report.leave(table, keys, f"The former values do not fit any more: {explain(error)}")
            return
        middle = len(keys) // 2
        _restore(run, table, keys[:middle], report)
        _restore(run, table, keys[middle:], report)


def _remove(table: str, keys: list[UUID], report: RevertReport) -> None:
    if not keys:
        return
    needed = _stood_on(table, keys)
    for other, blocked in needed.items():
        report.leave(table, blocked, f"It has {other} by now.")
    taken = {key for blocked in needed.values() for key in blocked}
    free = [key for key in keys if key not in taken]
    with connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {table} WHERE id = ANY(%s::uuid[])", [free])  # noqa: S608  (tables and columns of our own)
    report.removed[table] = len(free)


def _stood_on(table: str, keys: list[UUID]) -> dict[str, list[UUID]]:
    """Keys that rows of other tables refer to, by what those tables are called.

    Read from the catalogue, so that tables of later apps count by themselves. A key that says ON
    DELETE CASCADE belongs to derived data, except for vehicles, which are somebody's.
    """
    found: dict[str, list[UUID]] = {}
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT c.conrelid::regclass::text, a.attname
            FROM pg_constraint AS c
            JOIN pg_attribute AS a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]
            WHERE c.contype = 'f' AND c.confrelid = %s::regclass
              AND (c.confdeltype <> 'c' OR c.conrelid = 'vehicles'::regclass)
            ORDER BY 1
            """,
            [table],
        )
        seen: set[UUID] = set()
        for other, column in cursor.fetchall():
            cursor.execute(
                f"SELECT DISTINCT {column} FROM {other} WHERE {column} = ANY(%s::uuid[])",  # noqa: S608  (tables and columns of our own)
                [keys],
            )
            blocked = [key for (key,) in cursor.fetchall() if key not in seen]
            seen.update(blocked)
            if blocked:
                name = other.replace("_", " ")
                found[name] = [*found.get(name, []), *blocked]
    return found


def _names(table: str, keys: list[UUID]) -> list[tuple[UUID, str]]:
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT id, {_NAMES[table]} FROM {table} WHERE id = ANY(%s::uuid[])",  # noqa: S608  (tables and columns of our own)
            [list(keys)],
        )
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return [(key, name) for key, name in rows]


def _close(run: ImportRun, report: RevertReport) -> None:
    run.status = ImportStatus.REVERTED
    run.report = {**(run.report or {}), "reverted": asdict(report), "examples": {}}
    run.save(update_fields=["status", "report"])
    if run.batch is not None:
        run.batch.reverted_at = timezone.now()
        run.batch.save(update_fields=["reverted_at"])
    ImportChange.objects.filter(run=run).delete()
    run.refusals.all().delete()
