"""Ways to split a table into chunks."""

from django.db import connection
from django.db.models import Model, QuerySet

from jobs.registry import Plan

CHUNK_ROWS = 10_000
# Two numbers per range, first and last key: a table of any size is read once and never held.
RANGES = """
    WITH numbered AS (
        SELECT key, (row_number() OVER (ORDER BY key) - 1) / %s AS part
        FROM ({rows}) AS source (key)
    ), placed AS (
        SELECT key, part, count(*) OVER (PARTITION BY part) AS size,
            row_number() OVER (PARTITION BY part ORDER BY key) AS place
        FROM numbered
    )
    SELECT min(key::text) FILTER (WHERE place = 1), max(key::text) FILTER (WHERE place = size), size
    FROM placed WHERE place IN (1, size) GROUP BY part, size ORDER BY part
"""


def key_ranges(rows: QuerySet[Model], *, size: int = CHUNK_ROWS) -> Plan:
    """Split `rows` into ranges of the primary key with `size` rows each, in one query.

    Bounds are `{"first": key, "last": key}` as text, both inclusive, ready for
    `filter(pk__range=(first, last))`. A row that comes later belongs to the range it falls into,
    or to the next run.
    """
    sql, params = rows.order_by().values_list("pk").query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(RANGES.format(rows=sql), [size, *params])
        ranges = cursor.fetchall()
    return Plan(
        bounds=[{"first": first, "last": last} for first, last, _ in ranges],
        rows=sum(count for *_, count in ranges),
    )
