"""Leads of the vehicles of the CRM: created, kept in line with the facts, expired.

Every active vehicle with an owner and a known type has one open lead. Facts come from the
vehicle, the owner's ZIP and the latest battery test; starts and short trips come from telematics
alone, and stay unknown here until a file brings them.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection
from django.db.models import Min, Q, QuerySet
from django.db.models.functions import Left

from crm.constraints import translated
from crm.context import audited
from crm.decoder import decode_many
from crm.models import Customer, ImportChange, Vehicle
from leads.classes import vehicle_type
from leads.climate import Climate, nearest
from leads.models import ClimateNormal

_SQL = Path(__file__).resolve().parent.parent / "sql"
# Shop policy: how long a vehicle stays in peace after a lead was won (another battery is in) or
# lost, before it may become a lead again.
WON_DAYS = 730
LOST_DAYS = 180

Key = UUID | str


@dataclass(frozen=True)
class Synced:
    """Keys of the leads that were touched."""

    expired: list[int]
    refreshed: list[int]
    created: list[int]

    @property
    def scorable(self) -> list[int]:
        return sorted({*self.refreshed, *self.created})

    @property
    def rows(self) -> int:
        return len(self.expired) + len(self.refreshed) + len(self.created)


def sync_vehicles(vehicle_ids: Iterable[Key], *, as_of: date) -> Synced:
    """Bring the leads of some vehicles in line. A second call changes nothing."""
    ids = sorted({str(key) for key in vehicle_ids})
    return _sync(
        Vehicle.objects.filter(pk__in=ids), "v.id = ANY(%(ids)s::uuid[])", {"ids": ids}, as_of
    )


def sync_range(first: Key, last: Key, *, as_of: date) -> Synced:
    """The same for all vehicles with keys from `first` to `last`, both included."""
    bounds = {"first": str(first), "last": str(last)}
    return _sync(
        Vehicle.objects.filter(pk__range=(first, last)),
        "v.id BETWEEN %(first)s::uuid AND %(last)s::uuid",
        bounds,
        as_of,
    )


def vehicles_of(customer_id: Key) -> list[UUID]:
    """Vehicles whose lead hangs on this customer: those owned now, and those a lead of theirs is
    still about."""
    owned = Q(customer_id=customer_id) | Q(leads__customer_id=customer_id)
    return list(
        Vehicle.objects.filter(owned).order_by("pk").values_list("pk", flat=True).distinct()
    )


def vehicles_of_batch(batch_id: Key) -> QuerySet[Any]:
    """Vehicles that a batch brought, and those that an import changed or whose owner it did."""
    changes = ImportChange.objects.filter(run__batch=UUID(str(batch_id))).values("row_id")
    touched = Q(pk__in=changes.filter(table_name="vehicles"))
    touched |= Q(customer__in=changes.filter(table_name="customers"))
    return Vehicle.objects.filter(touched | Q(batch=batch_id))


def forget_customer(customer_id: Key) -> int:
    """Write the owner's present name on all of their leads, closed ones too; how many changed.
    After an anonymisation that is the placeholder."""
    customer = Customer.objects.get(pk=customer_id)
    leads = customer.leads.exclude(customer_name=customer.name)
    with audited():
        return int(leads.update(customer_name=customer.name))


def _sync(vehicles: QuerySet[Any], which: str, values: dict[str, Any], as_of: date) -> Synced:
    values = values | {
        "as_of": as_of,
        "zone": settings.DEALERSHIP_TIME_ZONE,
        "won_days": WON_DAYS,
        "lost_days": LOST_DAYS,
        **_types(vehicles),
        **_stations(vehicles),
    }
    with audited(), translated(), connection.cursor() as cursor:
        return Synced(
            **{
                done: _keys(cursor, _statement(name, which), values)
                for name, done in (
                    ("expire", "expired"), ("refresh", "refreshed"), ("create", "created"),
                )
            }
        )  # fmt: skip


def _keys(cursor: Any, sql: str, values: dict[str, Any]) -> list[int]:
    cursor.execute(sql, values)
    return [key for (key,) in cursor.fetchall()]


@lru_cache(maxsize=8)
def _statement(name: str, which: str) -> str:
    eligible = (_SQL / "eligible.sql").read_text()
    text = (_SQL / f"{name}.sql").read_text().replace("{eligible}", eligible)
    return text.replace("{which}", which)


def _types(vehicles: QuerySet[Any]) -> dict[str, list[str]]:
    """Vehicle type of each make and model, as parallel arrays; unknown ones are left out.

    A model that the table does not name is decoded by one of its VINs.
    """
    rows = list(
        vehicles.order_by()
        .values("make", "model")
        .annotate(a_vin=Min("vin"))
        .values_list("make", "model", "a_vin")
    )
    unnamed = [vin for _, model, vin in rows if vehicle_type(model) is None]
    bodies = {
        vin: found.body for vin, found in zip(unnamed, decode_many(unnamed), strict=True) if found
    }
    known = [
        (make, model, kind)
        for make, model, vin in rows
        if (kind := vehicle_type(model, bodies.get(vin, "")))
    ]
    makes, models, types = zip(*known, strict=True) if known else ((), (), ())
    return {"makes": list(makes), "models": list(models), "types": list(types)}


def _stations(vehicles: QuerySet[Any]) -> dict[str, list[str]]:
    """Weather station of each place that owners live in, as parallel arrays."""
    owners = Customer.objects.filter(vehicles__in=vehicles).exclude(Q(zip_code=None))
    places = owners.order_by().values_list(Left("zip_code", 5), "state").distinct()
    towns = climates()
    found = {
        f"{zip_code} {state or ''}": town.zip_code
        for zip_code, state in places
        if (town := nearest(zip_code, state, towns))
    }
    return {"places": list(found), "stations": list(found.values())}


def climates() -> list[Climate]:
    """The known climates, for `leads.climate.nearest`."""
    names = tuple(Climate.__dataclass_fields__)
    return [Climate(**row) for row in ClimateNormal.objects.values(*names)]
