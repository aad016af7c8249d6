import pytest
from django.core.cache import cache
from django.core.management import call_command
from django.db import connection


@pytest.mark.django_db
def test_migrate_makes_the_table_of_the_cache() -> None:
    """The test runner makes one too, so that its absence would show in production alone."""
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE cache_entries")
    call_command("migrate", verbosity=0)
    assert cache.add("a", 1)
