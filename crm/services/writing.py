"""What every service that changes a record shares."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, TypeVar

from django.db.models import Model
from django.utils.translation import gettext as _

from crm.exceptions import Invalid, StaleWrite

M = TypeVar("M", bound=Model)


def locked(record: M, expected_version: datetime | None = None) -> M:
    """`record` read afresh and locked for this transaction.

    Raises StaleWrite when `expected_version` (an `updated_at`) is given and no longer current.
    """
    fresh = type(record)._default_manager.select_for_update(of=("self",)).get(pk=record.pk)
    if expected_version is not None and fresh.updated_at != expected_version:  # type: ignore[attr-defined]
        raise StaleWrite(
            _("Somebody changed this record since you opened it."),
            remedy=_("Look at the new values and save again."),
        )
    return fresh


def assign(record: Model, data: Mapping[str, Any], allowed: Collection[str]) -> list[str]:
    """Put `data` on `record`; the names of the fields whose values changed.

    Raises Invalid for a field that callers may not write, so that a typing error or a forged
    form never passes silently.
    """
    unknown = sorted(set(data).difference(allowed))
    if unknown:
        raise Invalid(_("This field cannot be written: %s.") % ", ".join(unknown), field=unknown[0])
    changed = []
    for name, value in data.items():
        if getattr(record, name) != value:
            setattr(record, name, value)
            changed.append(name)
    return changed


def save_changes(record: Model, changed: list[str]) -> None:
    """Write the `changed` fields and read back what the database computes."""
    if changed:
        record.save(update_fields=changed)
    record.refresh_from_db()
