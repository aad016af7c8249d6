"""Leads of imported vehicles: one statement a chunk, whatever the number of rows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db import connection
from django.db.models import Exists, OuterRef, Q

from crm.models import Vehicle
from leads.classes import vehicle_type
from leads.climate import Climate, nearest
from leads.enums import LeadStatus
from leads.importing.evidence import Evidence
from leads.importing.states import state_of
from leads.models import Lead
from leads.services.syncing import LOST_DAYS, WON_DAYS, climates

# Column and type, in the order of the arrays. What the file leaves empty stays as it was.
_TYPES = {
    "vin": "text", "year": "integer", "make": "text", "model": "text", "vehicle_type": "text",
    "current_mileage": "integer", "vehicle_age": "integer", "as_of": "date", "zip_code": "text",
    "city": "text", "state": "text", "climate_zip": "text", "climate_zone": "text",
    "temp_winter": "integer", "temp_summer": "integer", "temperature_swing": "integer",
    "temperature_stress": "float8", "customer_name": "text", "vehicle_id": "uuid",
    "customer_id": "uuid", "batch_id": "uuid",
    "start_cycles_annual": "integer", "short_trip_percentage": "float8",
    "soc_decline": "boolean", "soc_value": "float8", "soc_source": "text", "soc_date": "date",
}  # fmt: skip
_ALWAYS = (
    "year", "make", "model", "vehicle_type", "zip_code", "city", "state", "climate_zip",
    "climate_zone", "temp_winter", "temp_summer", "temperature_swing", "temperature_stress",
    "customer_name", "vehicle_id", "customer_id", "current_mileage",
)  # fmt: skip
_IF_GIVEN = ("start_cycles_annual", "short_trip_percentage")
_NO_RATE = "No lead: there is no battery failure rate for such a vehicle."
_AT_REST = "No lead: the last one was won or lost a short while ago."
_SOC = ("soc_decline", "soc_value", "soc_source", "soc_date")


@dataclass(frozen=True)
class Said:
    """What a row says beside the vehicle that `crm` keeps. `vehicle_type` may be empty when the
    row does not tell; `name` is the owner's in the file."""

    vin: str
    vehicle_type: str
    zip_code: str | None
    name: str
    evidence: Evidence


@dataclass(frozen=True)
class Written:
    """Keys of the leads created or changed, and why other VINs got none."""

    lead_ids: list[int]
    created: int
    skipped: Mapping[str, str]

    @property
    def changed(self) -> int:
        return len(self.lead_ids) - self.created


def write_leads(said: Sequence[Said], *, batch_id: Any, today: date) -> Written:
    """Create the open lead of each vehicle, or bring the present one in line; of a VIN that comes
    twice the last row counts. Vehicles whose lead was won or lost lately are left in peace, as at
    night. Four statements."""
    last = {one.vin: one for one in said}
    vehicles = Vehicle.objects.filter(vin__in=list(last)).select_related("customer")
    kinds = {v.vin: last[v.vin].vehicle_type or vehicle_type(v.model) for v in vehicles}
    skipped = dict.fromkeys((vin for vin, kind in kinds.items() if not kind), _NO_RATE)
    skipped |= dict.fromkeys(_resting(list(last), today), _AT_REST)
    stations = climates()
    rows = [
        _values(vehicle, last[vehicle.vin], stations, today)
        | {"batch_id": batch_id, "vehicle_type": kinds[vehicle.vin]}
        for vehicle in vehicles
        if vehicle.vin not in skipped
    ]
    with connection.cursor() as cursor:
        cursor.execute(_statement(), {name: [row[name] for row in rows] for name in _TYPES})
        written = cursor.fetchall()
    return Written([key for key, _ in written], sum(is_new for _, is_new in written), skipped)


def _resting(vins: list[str], today: date) -> list[str]:
    """Those whose lead was won or lost a short while ago, and that have no open one."""
    ended = Q()
    for status, days in ((LeadStatus.WON, WON_DAYS), (LeadStatus.LOST, LOST_DAYS)):
        ended |= Q(status=status, status_changed_at__date__gt=today - timedelta(days=days))
    leads = Lead.objects.filter(vin__in=vins)
    has_open = leads.open().filter(vin=OuterRef("vin"))
    return list(leads.filter(ended).exclude(Exists(has_open)).values_list("vin", flat=True))


def _values(
    vehicle: Vehicle, said: Said, stations: Sequence[Climate], today: date
) -> dict[str, Any]:
    owner = vehicle.customer
    # Where the owner lives, as the nightly run takes it; the file's ZIP for want of that.
    zip_code = ((owner.zip_code if owner else None) or said.zip_code or "")[:5] or None
    state = (owner.state if owner else None) or state_of(zip_code)
    climate = nearest(zip_code, state, stations)
    found = said.evidence
    return {
        "vin": vehicle.vin,
        "year": vehicle.year,
        "make": vehicle.make,
        "model": vehicle.model,
        "current_mileage": vehicle.current_mileage,
        "vehicle_age": max(today.year - vehicle.year, 0),
        "as_of": today,
        "zip_code": zip_code,
        "city": owner.city if owner else None,
        "state": state,
        "climate_zip": climate.zip_code if climate else None,
        **_climate(climate),
        "customer_name": owner.name if owner else said.name,
        "vehicle_id": vehicle.pk,
        "customer_id": owner.pk if owner else None,
        "start_cycles_annual": found.start_cycles_annual,
        "short_trip_percentage": found.short_trip_percentage,
        "soc_decline": found.soc_decline,
        "soc_value": found.soc_value,
        "soc_source": "battery_test" if found.soc_date else None,
        "soc_date": found.soc_date,
    }


def _climate(climate: Climate | None) -> dict[str, Any]:
    names = (
        "climate_zone", "temp_winter", "temp_summer", "temperature_swing", "temperature_stress",
    )  # fmt: skip
    return {name: getattr(climate, name) if climate else None for name in names}


def _statement() -> str:
    """Insert, or update the open lead of the same VIN. Mileage and age hold for one day, so they
    move together; a battery test that is older than the one on record says nothing new."""
    columns = ", ".join(_TYPES)
    arrays = ", ".join(f"%({name})s::{kind}[]" for name, kind in _TYPES.items())
    moved = "(l.current_mileage, l.year) IS DISTINCT FROM (excluded.current_mileage, excluded.year)"
    newer = (
        "excluded.soc_date IS NOT NULL AND (l.soc_date IS NULL OR excluded.soc_date >= l.soc_date)"
    )
    changes = [
        *(f"{name} = excluded.{name}" for name in _ALWAYS),
        *(f"{name} = coalesce(excluded.{name}, l.{name})" for name in _IF_GIVEN),
        *(
            f"{name} = CASE WHEN {moved} THEN excluded.{name} ELSE l.{name} END"
            for name in ("vehicle_age", "as_of")
        ),
        *(f"{name} = CASE WHEN {newer} THEN excluded.{name} ELSE l.{name} END" for name in _SOC),
    ]
    return f"""
        INSERT INTO vin_leads AS l ({columns}, source)
        SELECT {columns}, 'imported' FROM unnest({arrays}) AS s ({columns}) ORDER BY vin
        ON CONFLICT (vin) WHERE status IN ('new', 'contacted', 'booked', 'arrived')
        DO UPDATE SET {", ".join(changes)}
        RETURNING lead_id, xmax = 0
    """  # noqa: S608  (names of our own, no input)
