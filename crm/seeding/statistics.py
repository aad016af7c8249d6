"""What the planner knows of tables that are being filled."""

from django.db import connection


def analyse(*tables: str) -> None:
    """Give the planner its statistics of `tables` now; the first searches come before autovacuum.

    To be called after the first rows of a long transaction, too. Autovacuum, which cannot see
    them, would tell the planner that the tables are empty, and each foreign key would be looked
    for in a whole one; after this it stays away until the commit.
    """
    with connection.cursor() as cursor:
        cursor.execute(f"ANALYZE {', '.join(tables)}")
