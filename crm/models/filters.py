from django.db import models

from crm.models.base import Record
from crm.models.people import User


class SavedFilter(Record):
    """A list with its filters and order, kept under a name by one person, for all if `shared`.

    `page` is the URL name of the list, `query` its query string without a cursor.
    """

    user = models.ForeignKey(User, models.CASCADE, related_name="saved_filters")
    page = models.CharField(max_length=60)
    name = models.CharField(max_length=60)
    query = models.CharField(max_length=2000, blank=True)
    shared = models.BooleanField(default=False, db_default=False)

    class Meta:
        db_table = "saved_filters"
        ordering = ["name", "id"]
        indexes = [models.Index(fields=["page", "name"], name="saved_filters_page")]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "page", "name"], name="saved_filters_name_once"
            ),
            models.CheckConstraint(condition=~models.Q(name=""), name="saved_filters_named"),
        ]

    def __str__(self) -> str:
        return self.name
