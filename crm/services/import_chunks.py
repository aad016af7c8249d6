"""One chunk of an import against the database: a snapshot, a plan, set-based writes."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from django.db import DataError, IntegrityError, connection, transaction
from psycopg.types.json import Jsonb

from crm import signals
from crm.constraints import explain
from crm.decoder import decode_many
from crm.importing.fields import CUSTOMER_COLUMNS, VEHICLE_COLUMNS
from crm.importing.planning import Planner
from crm.importing.records import Outcome, Record, Snapshot
from crm.importing.rows import Refusal, Row
from crm.models import Customer, ImportRun, Vehicle

OWNED_VEHICLE_COLUMNS = (*VEHICLE_COLUMNS, "customer_id", "is_primary_vehicle")
_COLUMNS = {"customers": CUSTOMER_COLUMNS, "vehicles": OWNED_VEHICLE_COLUMNS}
_MODELS = {"customers": Customer, "vehicles": Vehicle}
_TYPES = {"DateField": "date", "IntegerField": "integer", "BooleanField": "boolean"}


@dataclass
class ChunkResult:
    """What became of a chunk's lines."""

    outcomes: list[Outcome] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)
    moved: int = 0

    def add(self, other: "ChunkResult") -> None:
        self.outcomes += other.outcomes
        self.refusals += other.refusals
        self.moved += other.moved


@contextmanager
def copying(statement: str) -> Iterator[Any]:
    """A COPY whose errors are Django's, as those of other statements are."""
    with (
        connection.wrap_database_errors,
        connection.cursor() as cursor,
        cursor.copy(statement) as copy,
    ):
        yield copy


def apply_rows(run: ImportRun, rows: Sequence[Row]) -> ChunkResult:
    """Bring `rows` in, inside the caller's audited transaction.

    About ten statements, whatever the number of rows. What the plan could not foresee (somebody
    added the same phone a moment ago) makes the database refuse the chunk; it is then halved
    until the row is found, which is refused with the constraint's sentence.
    """
    try:
        with transaction.atomic():
            return _apply(run, rows)
    except (IntegrityError, DataError) as error:
        if len(rows) == 1:
            refused = explain(error)
            return ChunkResult(
                refusals=[Refusal(rows[0].line, rows[0].cells, refused.field or "", str(refused))]
            )
    middle = len(rows) // 2
    result = apply_rows(run, rows[:middle])
    result.add(apply_rows(run, rows[middle:]))
    return result


def _apply(run: ImportRun, rows: Sequence[Row]) -> ChunkResult:
    snapshot = _snapshot(rows)
    planner = Planner(
        snapshot,
        decoded=_decoded(rows, snapshot.vehicles),
        move_vehicles=bool(run.options.get("move_vehicles")),
        without_owner=bool(run.options.get("without_owner")),
    )
    result = ChunkResult()
    for row in rows:
        outcome = planner.apply(row)
        if isinstance(outcome, Refusal):
            result.refusals.append(outcome)
        else:
            result.outcomes.append(outcome)
    result.moved = planner.moved
    customers = [record for record in planner.customers.values() if record.is_dirty]
    vehicles = [record for record in planner.vehicles.values() if record.is_dirty]
    with _searched_once(customers, vehicles):
        _write(run, "customers", customers)
        _write(run, "vehicles", vehicles)
    with connection.cursor() as cursor:
        # Deferred keys would be checked at the commit, which a dry run never reaches.
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    if customers or vehicles:
        signals.announce(signals.customers_loaded, batch_id=run.batch_id)
    return result


@contextmanager
def _searched_once(customers: Sequence[Record], vehicles: Sequence[Record]) -> Iterator[None]:
    """Write the search documents once at the end instead of with each of the statements."""
    owners = {values.get("customer_id") for r in vehicles for values in (r.values, r.before)} - {
        None
    }
    touched = list({record.id for record in customers} | owners)
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('lanewise.defer_search', 'on', true)")
        yield
        cursor.execute("SELECT set_config('lanewise.defer_search', '', true)")
        cursor.execute("SELECT refresh_customer_search(%s::uuid[])", [touched])
        cursor.execute("SELECT learn_name_words(%s::uuid[])", [touched])


def _snapshot(rows: Sequence[Row]) -> Snapshot:
    """The stored records that the rows can mean, locked against other writers."""
    vehicles = _fetch(
        "vehicles",
        "vin = ANY(%s::text[]) OR id = ANY(%s::uuid[])",
        [
            [row.vehicle["vin"] for row in rows if "vin" in row.vehicle],
            [row.vehicle_id for row in rows if row.vehicle_id],
        ],
    )
    owners = [v.values["customer_id"] for v in vehicles if v.values["customer_id"]]
    customers = _fetch(
        "customers",
        "anonymised_at IS NULL AND (phone = ANY(%s::text[]) OR lower(email) = ANY(%s::text[])"
        " OR id = ANY(%s::uuid[]))",
        [
            [row.customer["phone"] for row in rows if "phone" in row.customer],
            [row.customer["email"].lower() for row in rows if "email" in row.customer],
            [*(row.customer_id for row in rows if row.customer_id), *owners],
        ],
    )
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT customer_id FROM vehicles "
            "WHERE customer_id = ANY(%s::uuid[]) AND is_primary_vehicle",
            [[record.id for record in customers]],
        )
        return Snapshot(customers, vehicles, {key for (key,) in cursor.fetchall()})


def _fetch(table: str, condition: str, keys: list[list[Any]]) -> list[Record]:
    columns = _COLUMNS[table]
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT id, {', '.join(columns)} FROM {table} WHERE {condition} "  # noqa: S608  (tables and columns of our own)
            "ORDER BY id FOR NO KEY UPDATE",
            keys,
        )
        return [
            Record(key, dict(zip(columns, values, strict=True)))
            for key, *values in cursor.fetchall()
        ]


def _decoded(rows: Sequence[Row], known: Iterable[Record]) -> Mapping[str, Mapping[str, Any]]:
    """What the VINs of new vehicles say, for rows that leave something out."""
    stored = {record.values["vin"] for record in known}
    asked = {
        row.vehicle["vin"]
        for row in rows
        if row.vehicle.get("vin", "") not in ("", *stored)
        and not {"year", "make", "model", "trim", "engine"} <= row.vehicle.keys()
    }
    return {
        found.vin: {
            "year": found.year,
            "make": found.make,
            "model": found.model,
            "trim": found.trim,
            "engine": found.engine[:100],
        }
        for found in decode_many(sorted(asked))
        if found is not None
    }


def _write(run: ImportRun, table: str, records: Sequence[Record]) -> None:
    created = [record for record in records if record.is_new]
    changed = [record for record in records if not record.is_new]
    if created:
        _insert(run, table, created)
    if changed:
        _update(table, changed)
    if records:
        _remember(run, table, records)


def _insert(run: ImportRun, table: str, records: Sequence[Record]) -> None:
    columns = _COLUMNS[table]
    names = ", ".join(("id", *columns, "batch_id"))
    with copying(f"COPY {table} ({names}) FROM STDIN") as copy:
        for record in records:
            copy.write_row((record.id, *(record.values[c] for c in columns), run.batch_id))


def _update(table: str, records: Sequence[Record]) -> None:
    """All columns at once: the rows have been locked since they were read."""
    model, columns = _MODELS[table], _COLUMNS[table]
    types = [_type(model, column) for column in columns]
    arrays = ", ".join(f"%s::{kind}[]" for kind in ("uuid", *types))
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {table} AS t SET {', '.join(f'{c} = s.{c}' for c in columns)} "  # noqa: S608  (tables and columns of our own)
            f"FROM unnest({arrays}) AS s (id, {', '.join(columns)}) WHERE t.id = s.id",
            [
                [record.id for record in records],
                *([record.values[column] for record in records] for column in columns),
            ],
        )


def _type(model: Any, column: str) -> str:
    found = next(f for f in model._meta.concrete_fields if f.column == column)
    if found.is_relation:
        return "uuid" if found.related_model is Customer else "bigint"
    return _TYPES.get(found.get_internal_type(), "text")


def _remember(run: ImportRun, table: str, records: Sequence[Record]) -> None:
    """Keep what a revert needs. A record that the run touches again keeps its first `before`."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            INSERT INTO import_changes (run_id, table_name, row_id, before, written_at)
            SELECT %s, %s, t.id, s.before, t.updated_at
            FROM unnest(%s::uuid[], %s::jsonb[]) AS s (id, before) JOIN {table} AS t USING (id)
            ON CONFLICT (run_id, table_name, row_id) DO UPDATE SET
                written_at = EXCLUDED.written_at,
                before = EXCLUDED.before || import_changes.before
            """,  # noqa: S608  (tables and columns of our own)
            [
                run.pk,
                table,
                [record.id for record in records],
                [None if record.is_new else Jsonb(_plain(record.before)) for record in records],
            ],
        )


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: value if value is None or isinstance(value, bool | int) else str(value)
        for name, value in values.items()
    }
