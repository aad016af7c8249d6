"""`manage.py rebuild_search`: search documents and name words made anew from the records."""

from typing import Any

from django.core.management.base import BaseCommand
from django.db import connection, transaction

_REFRESH = """
    INSERT INTO customer_search AS s (customer_id, document)
    SELECT customer_id, document FROM customer_documents(NULL)
    ON CONFLICT (customer_id) DO UPDATE SET document = EXCLUDED.document
    WHERE s.document IS DISTINCT FROM EXCLUDED.document
"""
_DROP_STALE = """
    DELETE FROM customer_search AS s
    WHERE NOT EXISTS (
        SELECT FROM customers AS c WHERE c.id = s.customer_id AND c.anonymised_at IS NULL
    )
"""


class Command(BaseCommand):
    help = "Bring the search documents in line with the records; writes only what differs."

    def handle(self, *args: Any, **options: Any) -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(_REFRESH)
            written = cursor.rowcount
            cursor.execute(_DROP_STALE)
            dropped = cursor.rowcount
            cursor.execute("DELETE FROM name_words")
            cursor.execute("SELECT learn_name_words(NULL)")
        self.stdout.write(f"{written:,} documents written, {dropped:,} dropped.")
