"""What each line does to the books: whom it means, what changes, what is refused.

Works on one chunk of lines and a snapshot of the records that they can mean, in the order of
the file, so that later lines see what earlier ones did. The database is not touched.
"""

import unicodedata
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

from crm import vin as vins
from crm.importing.fields import CUSTOMER_COLUMNS, LABELS, VEHICLE_COLUMNS
from crm.importing.records import (
    CHANGED,
    CREATED,
    CUSTOMER_DEFAULTS,
    SAME,
    VEHICLE_DEFAULTS,
    Difference,
    Outcome,
    Record,
    Snapshot,
)
from crm.importing.rows import Refusal, Row


class RowRefused(Exception):  # noqa: N818  (an answer, not an error)
    def __init__(self, name: str, reason: str) -> None:
        super().__init__(reason)
        self.name, self.reason = name, reason


class Planner:
    """Applies lines to a snapshot. `decode(vin)` gives year, make, model, trim and engine or
    None; `move_vehicles` lets a line take a vehicle from its present owner, `without_owner` lets
    one bring a vehicle that is nobody's."""

    def __init__(
        self,
        snapshot: Snapshot,
        *,
        decoded: Mapping[str, Mapping[str, Any]],
        move_vehicles: bool,
        without_owner: bool = False,
    ) -> None:
        self.customers = {record.id: record for record in snapshot.customers}
        self.vehicles = {record.id: record for record in snapshot.vehicles}
        self.by_phone = {r.values["phone"]: r.id for r in self.customers.values()}
        self.by_email = {
            r.values["email"].lower(): r.id for r in self.customers.values() if r.values["email"]
        }
        self.by_vin = {r.values["vin"]: r.id for r in self.vehicles.values()}
        self.have_primary = set(snapshot.have_primary)
        self.decoded, self.move_vehicles = decoded, move_vehicles
        self.without_owner = without_owner
        self.moved = 0

    def apply(self, row: Row) -> Outcome | Refusal:
        """Apply one line, wholly or (Refusal) not at all. The row itself stays as it is."""
        row = replace(
            row, customer=dict(row.customer), vehicle=dict(row.vehicle), notices=list(row.notices)
        )
        try:
            vehicle = self._vehicle_of(row)
            customer = self._customer_of(row, vehicle)
            self._check(row, customer, vehicle)
        except RowRefused as refused:
            return Refusal(row.line, row.cells, refused.name, refused.reason)
        is_created = customer is None and bool(row.customer)
        differences: list[Difference] = []
        if customer is None and row.customer:
            customer = self._create_customer(row)
        elif customer is not None:
            differences += self._update(customer, "customer", row.customer, CUSTOMER_COLUMNS)
            self._index(customer)
        if row.brings_vehicle:
            differences += self._bring_vehicle(row, customer, vehicle)
        kind = CREATED if is_created else CHANGED if differences else SAME
        shown = _name(customer.values) if customer else row.vehicle.get("vin", "")
        return Outcome(row.line, kind, shown, tuple(differences), tuple(row.notices))

    # Whom the line means

    def _vehicle_of(self, row: Row) -> Record | None:
        if row.vehicle_id is not None:
            found = self.vehicles.get(row.vehicle_id)
            if found is None:
                raise RowRefused("vehicle_id", _gone("vehicle"))
            other = self.by_vin.get(row.vehicle.get("vin", ""))
            if other not in (None, found.id):
                raise RowRefused("vin", "The VIN belongs to another vehicle. Check it.")
            return found
        key = self.by_vin.get(row.vehicle.get("vin", ""))
        return self.vehicles[key] if key else None

    def _customer_of(self, row: Row, vehicle: Record | None) -> Record | None:
        by_phone = self.by_phone.get(row.customer.get("phone", ""))
        by_email = self.by_email.get(row.customer.get("email", "").lower())
        if row.customer_id is not None:
            found = self.customers.get(row.customer_id)
            if found is None and not row.customer and vehicle is not None:
                return None  # a vehicle by itself, for example of an anonymised owner
            if found is None:
                raise RowRefused("customer_id", _gone("customer"))
            for name, key in (("phone", by_phone), ("email", by_email)):
                if key not in (None, found.id):
                    raise RowRefused(name, self._taken(name, key))
            return found
        if by_phone and by_email and by_phone != by_email:
            raise RowRefused(
                "email",
                f"The phone is {self._who(by_phone)}'s, the e-mail address {self._who(by_email)}'s."
                " Correct one of them, or leave it empty.",
            )
        key = by_phone or by_email
        if key is None:
            return self._owner_meant(row, vehicle)
        found = self.customers[key]
        if not _same_name(found, row.customer):
            name = "phone" if by_phone else "email"
            raise RowRefused(name, self._taken(name, key))
        return found

    def _owner_meant(self, row: Row, vehicle: Record | None) -> Record | None:
        """The present owner, when the line names nobody or somebody with their last name."""
        owner = self.customers.get(vehicle.values["customer_id"]) if vehicle else None
        if owner is None or not row.customer:
            return owner
        last = row.customer.get("last_name", "")
        return owner if _plain(last) == _plain(owner.values["last_name"]) else None

    def _taken(self, name: str, key: UUID) -> str:
        return (
            f"{LABELS[name]}: it belongs to {self._who(key)}, who has another name. Correct it in "
            "the file, or change the name on that customer's page first."
        )

    def _who(self, key: UUID) -> str:
        return _name(self.customers[key].values) if key in self.customers else "another customer"

    # Whether it may be done

    def _check(self, row: Row, customer: Record | None, vehicle: Record | None) -> None:
        is_nobodys = self.without_owner and row.brings_vehicle
        if customer is None and (row.customer or (vehicle is None and not is_nobodys)):
            self._check_new_customer(row)
        if row.brings_vehicle:
            self._check_vehicle(row, vehicle)
            self._check_owner(customer, vehicle, bool(row.customer))

    def _check_new_customer(self, row: Row) -> None:
        if "phone" not in row.customer:
            raise RowRefused(
                "phone", "Phone: a new customer needs one, and this row has none. Add it."
            )
        for name in ("first_name", "last_name"):
            if name not in row.customer:
                raise RowRefused(
                    name, f"{LABELS[name]}: a new customer needs a first and a last name. Add it."
                )

    def _check_vehicle(self, row: Row, vehicle: Record | None) -> None:
        values = dict(vehicle.values) if vehicle else dict(VEHICLE_DEFAULTS)
        if vehicle is None:
            self._fill_from_vin(row)
        values |= row.vehicle
        fault = (
            ""
            if values["vin_exception_reason"]
            else vins.problem(values["vin"], values.get("year"))
        )
        if fault:
            raise RowRefused("vin", f"VIN: {fault} Correct it, or leave the vehicle out.")
        for name in ("year", "make", "model"):
            if not values.get(name):
                raise RowRefused(
                    name, f"{LABELS[name]}: it is missing and the VIN does not tell it. Add it."
                )
        bought = values.get("purchase_date")
        if bought and bought.year < values["year"] - 1:
            raise RowRefused(
                "purchase_date",
                f"Purchase date: {bought} is more than a year before model year {values['year']}. "
                "Check both.",
            )

    def _fill_from_vin(self, row: Row) -> None:
        for name, value in self.decoded.get(row.vehicle.get("vin", ""), {}).items():
            if value:
                row.vehicle.setdefault(name, value)

    def _check_owner(
        self, customer: Record | None, vehicle: Record | None, has_person: bool
    ) -> None:
        owner = vehicle.values["customer_id"] if vehicle else None
        if owner is None or not has_person or self.move_vehicles:
            return
        if customer is None or owner != customer.id:
            raise RowRefused(
                "vin",
                f"VIN: the vehicle belongs to {self._who(owner)}. Change its owner on its page, or "
                "import with “Vehicles may change owners”.",
            )

    # Doing it

    def _create_customer(self, row: Row) -> Record:
        values = dict.fromkeys(CUSTOMER_COLUMNS) | CUSTOMER_DEFAULTS | row.customer
        record = Record(uuid.uuid4(), values, is_new=True)
        self.customers[record.id] = record
        self._index(record)
        return record

    def _index(self, record: Record) -> None:
        self.by_phone[record.values["phone"]] = record.id
        if record.values["email"]:
            self.by_email[record.values["email"].lower()] = record.id

    def _bring_vehicle(
        self, row: Row, customer: Record | None, vehicle: Record | None
    ) -> list[Difference]:
        if vehicle is None:
            return [self._create_vehicle(row, customer)]
        differences = self._move(vehicle, customer)
        self._keep_mileage(row, vehicle)
        differences += self._update(vehicle, "vehicle", row.vehicle, VEHICLE_COLUMNS)
        self.by_vin[vehicle.values["vin"]] = vehicle.id
        return differences

    def _create_vehicle(self, row: Row, customer: Record | None) -> Difference:
        owner = customer.id if customer else None
        values = dict.fromkeys(VEHICLE_COLUMNS) | VEHICLE_DEFAULTS | row.vehicle
        values |= {"customer_id": owner, "is_primary_vehicle": self._first_of(owner)}
        record = Record(uuid.uuid4(), values, is_new=True)
        self.vehicles[record.id] = record
        self.by_vin[values["vin"]] = record.id
        return Difference("vehicle", "Vehicle", None, f"{_car(values)} ({values['vin']})")

    def _first_of(self, owner: UUID | None) -> bool:
        if owner is None or owner in self.have_primary:
            return False
        self.have_primary.add(owner)
        return True

    def _move(self, vehicle: Record, customer: Record | None) -> list[Difference]:
        owner = vehicle.values["customer_id"]
        if customer is None or owner == customer.id:
            return []
        before = self._who(owner) if owner else None
        if vehicle.values.get("is_primary_vehicle"):
            self.have_primary.discard(owner)
        vehicle.put("customer_id", customer.id)
        vehicle.put("is_primary_vehicle", self._first_of(customer.id))
        self.moved += 1
        return [Difference("vehicle", "Owner", before, _name(customer.values))]

    @staticmethod
    def _keep_mileage(row: Row, vehicle: Record) -> None:
        """A file never corrects a mileage downwards; the rest of the line still counts."""
        known, said = vehicle.values.get("current_mileage"), row.vehicle.get("current_mileage")
        if known is not None and said is not None and said < known:
            del row.vehicle["current_mileage"]
            row.notices.append(
                f"Mileage: {said:,} is below the {known:,} on record and was left out. If it is "
                "right, use “Correct mileage” on the vehicle."
            )

    @staticmethod
    def _update(
        record: Record, kind: str, values: Mapping[str, Any], columns: Iterable[str]
    ) -> list[Difference]:
        found = []
        for column in columns:
            if column in values:
                old = record.values.get(column)
                if record.put(column, values[column]):
                    found.append(Difference(kind, LABELS[column], old, values[column]))
        return found


def _plain(text: str | None) -> str:
    folded = unicodedata.normalize("NFKD", text or "").casefold()
    return "".join(char for char in folded if char.isalnum())


def _same_name(record: Record, values: Mapping[str, Any]) -> bool:
    """Whether a line can mean this customer: first or last name agree, or it names nobody."""
    names = [name for name in ("first_name", "last_name") if name in values]
    return not names or any(_plain(record.values[n]) == _plain(values[n]) for n in names)


def _name(values: Mapping[str, Any]) -> str:
    return f"{values.get('first_name') or ''} {values.get('last_name') or ''}".strip()


def _car(values: Mapping[str, Any]) -> str:
    return f"{values['year']} {values['make']} {values['model']}"


def _gone(what: str) -> str:
    return f"No {what} has this ID any more. Empty the cell to find them by phone, e-mail or VIN."
