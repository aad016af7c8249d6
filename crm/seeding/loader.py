"""Streams generated rows into the database with COPY: everything or nothing, in bounded memory."""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from django.db import connection

from crm import signals
from crm.constraints import translated
from crm.context import audited
from crm.enums import BatchKind
from crm.exceptions import Duplicate
from crm.models import Customer, DataBatch, User
from crm.seeding.furniture import describe_shop
from crm.seeding.generator import Plan, Table, blocks
from crm.seeding.statistics import analyse

TABLES = ("customers", "vehicles", "appointments", "service_history", "service_lines")
SEARCH_TABLES = ("customer_search", "name_words")
_REBUILD_MEMORY = "256MB"


def load(
    plan: Plan, advisors: list[User], on_progress: Callable[[int], None] = lambda customers: None
) -> dict[str, int]:
    """Generate and write `plan`; the number of rows of each table.

    One transaction. `on_progress` gets the customers written since the last call. Raises
    Duplicate when rows of this seed are there already, Refused for whatever else the database
    does not take.
    """
    kind = BatchKind.DEMO if plan.demo else BatchKind.SEED
    label = f"{plan.customers:,} customers, seed {plan.seed}, as of {plan.as_of}"
    _refuse_second_run(plan)
    written = dict.fromkeys(TABLES, 0)
    with translated(), audited(bulk_batch=str(plan.batch_id), defer_search="on"):
        DataBatch.objects.update_or_create(
            pk=plan.batch_id, defaults={"kind": kind, "label": label, "created_by": "generator"}
        )
        shop = describe_shop(advisors, plan.as_of)
        with bulk_tables() as was_empty, connection.wrap_database_errors:
            for tables in ahead(blocks(plan, shop)):
                for table in tables:
                    copy(table)
                    written[table.name] += table.rows
                on_progress(tables[0].rows)
        fill_search(plan.batch_id, everything=was_empty)
        analyse(*TABLES, *SEARCH_TABLES)
        _execute("SET CONSTRAINTS ALL DEFERRED")
        signals.announce(signals.customers_loaded, batch_id=plan.batch_id)
    return written


def copy(table: Table) -> None:
    """Append the rows of `table`."""
    columns = ", ".join(table.columns)
    with (
        connection.cursor() as cursor,
        cursor.copy(f"COPY {table.name} ({columns}) FROM STDIN") as stream,
    ):
        stream.write(table.data)


@contextmanager
def bulk_tables() -> Iterator[bool]:
    """Tables ready for many rows; yields whether they were empty.

    From here to the commit foreign keys are checked after each statement, so that the server
    need not remember millions of checks. Empty tables lose their foreign keys and secondary
    indexes meanwhile, and nobody else can use them.
    """
    _execute("SET CONSTRAINTS ALL IMMEDIATE")
    was_empty = _lock_if_empty()
    emptied = TABLES if was_empty else ()
    with without_secondary_indexes(emptied), _without_foreign_keys(emptied):
        yield was_empty


def without_secondary_indexes(tables: Iterable[str]) -> AbstractContextManager[None]:
    """Drop the indexes of `tables` that are neither unique nor a constraint's, and build them
    again at the end: half the time of keeping them up to date row by row."""
    return _set_aside(
        """
        SELECT format('DROP INDEX %%s', i.indexrelid::regclass), pg_get_indexdef(i.indexrelid)
        FROM pg_index AS i
        WHERE i.indrelid = ANY (%s::regclass[]) AND NOT i.indisunique AND NOT i.indisexclusion
        ORDER BY i.indexrelid
        """,
        tables,
    )


def _without_foreign_keys(tables: Iterable[str]) -> AbstractContextManager[None]:
    """Drop the foreign keys of `tables` and add them again at the end, which checks all rows in
    one join each instead of one by one."""
    return _set_aside(
        """
        SELECT format('ALTER TABLE %%s DROP CONSTRAINT %%I', c.conrelid::regclass, c.conname),
               format('ALTER TABLE %%s ADD CONSTRAINT %%I %%s', c.conrelid::regclass, c.conname,
                      pg_get_constraintdef(c.oid))
        FROM pg_constraint AS c
        WHERE c.conrelid = ANY (%s::regclass[]) AND c.contype = 'f'
        ORDER BY c.oid
        """,
        tables,
    )


@contextmanager
def _set_aside(query: str, tables: Iterable[str]) -> Iterator[None]:
    """Run the first statement of each row that `query` finds now, the second one at the end."""
    with connection.cursor() as cursor:
        cursor.execute(query, [list(tables)])
        found = cursor.fetchall()
    for drop, _ in found:
        _execute(drop)
    yield
    _execute(f"SET LOCAL maintenance_work_mem = '{_REBUILD_MEMORY}'")
    for _, restore in found:
        _execute(restore)


def fill_search(batch_id: Any, *, everything: bool) -> None:
    """Search documents and name words of a batch, or of all customers, in one go."""
    if not everything:
        keys = list(Customer.objects.filter(batch=batch_id).values_list("pk", flat=True))
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('lanewise.defer_search', '', true)")
            cursor.execute("SELECT refresh_customer_search(%s)", [keys])
            cursor.execute("SELECT learn_name_words(%s)", [keys])
        return
    with without_secondary_indexes(SEARCH_TABLES):
        _execute(
            "INSERT INTO customer_search (customer_id, document) "
            "SELECT customer_id, document FROM customer_documents(NULL)"
        )
        _execute("SELECT learn_name_words(NULL)")


def _refuse_second_run(plan: Plan) -> None:
    if Customer.objects.filter(batch=plan.batch_id).exists():
        raise Duplicate(
            f"Customers of seed {plan.seed} are in the database already.",
            remedy="Choose another seed.",
        )


def _lock_if_empty() -> bool:
    """Whether nobody has rows in the tables; if so they are locked until the commit."""
    tables = (*TABLES, *SEARCH_TABLES)
    if not _are_empty(tables):
        return False
    _execute(f"LOCK TABLE {', '.join(tables)} IN ACCESS EXCLUSIVE MODE")
    return _are_empty(tables)


def _are_empty(tables: Iterable[str]) -> bool:
    checks = " AND ".join(f"NOT EXISTS (SELECT FROM {table})" for table in tables)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {checks}")
        (empty,) = cursor.fetchone()
    return bool(empty)


def _execute(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


def ahead(items: Iterator[list[Table]]) -> Iterator[list[Table]]:
    """The same items, the next one being made in a thread while the caller writes one: the
    server works in another process, so generating costs hardly any time of its own."""
    with ThreadPoolExecutor(max_workers=1) as pool:
        pending = pool.submit(next, items, None)
        while (item := pending.result()) is not None:
            pending = pool.submit(next, items, None)
            yield item
