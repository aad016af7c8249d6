"""The workshop's own tables: technicians, bays, hours, op codes."""

from collections.abc import Mapping
from typing import Any, TypeVar

from django.db.models import Model

from crm.constraints import translated
from crm.context import audited
from crm.models import OpCode, OpeningHours, ServiceBay, SpecialDay, Technician
from crm.services.writing import assign, locked, save_changes

M = TypeVar("M", bound=Model)

WRITABLE: dict[type[Model], frozenset[str]] = {
    Technician: frozenset({"name", "user", "skills", "is_active"}),
    ServiceBay: frozenset({"code", "name", "categories", "is_active"}),
    OpeningHours: frozenset({"weekday", "opens", "closes"}),
    SpecialDay: frozenset({"date", "opens", "closes", "reason"}),
    OpCode: frozenset({"code", "description", "category", "hours", "price", "is_active"}),
}


def add_to_shop(model: type[M], *, data: Mapping[str, Any]) -> M:
    """A new row of one of the tables in WRITABLE; raises Duplicate when its key is taken."""
    record = model()
    assign(record, data, WRITABLE[model])
    with audited(), translated():
        record.save(force_insert=True)
        record.refresh_from_db()
    return record


def update_in_shop(*, record: M, data: Mapping[str, Any]) -> M:
    """Change the given fields; the key stays, as other tables carry it."""
    key = record._meta.pk.name
    with audited(), translated():
        fresh = locked(record)
        save_changes(fresh, assign(fresh, data, WRITABLE[type(record)] - {key}))
    return fresh


def remove_from_shop(*, record: Model) -> None:
    """Delete a row that nothing stands on; raises HasHistory otherwise."""
    with audited(), translated():
        locked(record).delete()
