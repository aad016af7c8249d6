"""What the planning of an import works on and yields: records, differences, outcomes."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from crm.importing.parsing import GuessedCase

CREATED, CHANGED, SAME = "created", "changed", "same"

CUSTOMER_DEFAULTS: dict[str, Any] = {
    "phone_extension": "",
    "preferred_contact_method": "phone",
    "customer_type": "retail",
    "receive_reminders": True,
    "receive_promotions": True,
}
VEHICLE_DEFAULTS: dict[str, Any] = {
    "vin_exception_reason": "",
    "purchased_from_us": False,
    "status": "active",
}


@dataclass
class Record:
    """A customer or vehicle as it stands after the lines so far; `before` holds the stored
    values of the columns that changed and is what a revert brings back."""

    id: UUID
    values: dict[str, Any]
    is_new: bool = False
    before: dict[str, Any] = field(default_factory=dict)

    @property
    def is_dirty(self) -> bool:
        return self.is_new or bool(self.before)

    def put(self, column: str, value: Any) -> bool:
        """Set a column; True when that is a change."""
        old = self.values.get(column)
        if not _differs(old, value):
            return False
        if not self.is_new:
            self.before.setdefault(column, old)
        self.values[column] = value
        return True


@dataclass(frozen=True)
class Difference:
    """One value that a line changes, for people."""

    record: str
    label: str
    before: Any
    after: Any


@dataclass(frozen=True)
class Outcome:
    """What a line did: created (a customer), changed (anything), or same."""

    line: int
    kind: str
    name: str
    differences: tuple[Difference, ...] = ()
    notices: tuple[str, ...] = ()


@dataclass
class Snapshot:
    """The stored records that the lines of a chunk can mean."""

    customers: Iterable[Record] = ()
    vehicles: Iterable[Record] = ()
    have_primary: set[UUID] = field(default_factory=set)


def _differs(old: Any, new: Any) -> bool:
    if isinstance(new, GuessedCase) and isinstance(old, str):
        return old.casefold() != new.casefold()
    return bool(old != new)
