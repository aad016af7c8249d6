import uuid

from django.contrib.postgres.functions import RandomUUID, TransactionNow
from django.db import models


class CurrentDate(models.Func):
    """The database's CURRENT_DATE, as the seed's default has it."""

    template = "CURRENT_DATE"
    output_field = models.DateField()


class Record(models.Model):
    """A table with a UUID key and time stamps that the database fills in by itself.

    A trigger keeps `updated_at` right for every kind of write, raw SQL included.
    """

    id = models.UUIDField(
        primary_key=True, default=uuid.uuid4, db_default=RandomUUID(), editable=False
    )
    created_at = models.DateTimeField(db_default=TransactionNow(), editable=False)
    updated_at = models.DateTimeField(db_default=TransactionNow(), editable=False)

    class Meta:
        abstract = True


def one_of(field: str, values: list[str]) -> models.Q:
    """Condition that `field` is null or one of `values`; a CHECK passes on null by itself."""
    return models.Q(**{f"{field}__in": values})
