"""What the scenes of the demonstration stand on: times around now, and visits to place there."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any

from crm.enums import BookingMethod
from crm.exceptions import SlotTaken
from crm.models import (
    Appointment,
    DataBatch,
    OpCode,
    ServiceBay,
    ServiceRecord,
    Technician,
    User,
    Vehicle,
)
from crm.querysets import shop_day
from crm.seeding.shop import Shop
from crm.services import appointments
from crm.services.records import LineData

_DEFAULT_HOURS = (time(7, 30), time(18, 0))
_QUARTER = 15
_LOOK_BACK = 210


class Clock:
    """Times of today around `now`, on the quarter.

    In the evening the scenes stand where they were two hours before closing. In the morning the
    time behind shrinks to what has passed since opening, before opening to what has passed since
    midnight, so that everything is on today's page.
    """

    def __init__(self, shop: Shop, now: datetime) -> None:
        self.now = now
        local = now.astimezone(shop.zone)
        self.day = local.date()
        self._start, _ = shop_day(self.day)
        wall = shop.hours_on(self.day) or _DEFAULT_HOURS
        self.opens, self.closes = (
            datetime.combine(self.day, hour, tzinfo=shop.zone) for hour in wall
        )
        busiest = self.closes - timedelta(hours=2)
        self.anchor = self._quarter(min(now, max(busiest, self._start)))
        long_open = self.anchor - self.opens >= timedelta(hours=1)
        behind = self.anchor - (self.opens if long_open else self._start)
        self._shrink = min(1.0, behind / timedelta(minutes=_LOOK_BACK))

    def ago(self, minutes: int) -> datetime:
        """`minutes` (at most _LOOK_BACK) before the anchor, less early in the day."""
        return self._quarter(self.anchor - timedelta(minutes=minutes * self._shrink))

    def ahead(self, minutes: int) -> datetime:
        return self._quarter(self.anchor + timedelta(minutes=minutes))

    def _quarter(self, instant: datetime) -> datetime:
        seconds = (instant - self._start).total_seconds()
        return self._start + timedelta(minutes=int(seconds // 60) // _QUARTER * _QUARTER)


@dataclass
class Stage:
    batch: DataBatch
    shop: Shop
    advisors: list[User]
    clock: Clock
    cast: list[Vehicle]

    def next_vehicle(self) -> Vehicle:
        """A vehicle that no other scene uses, with its customer."""
        return self.cast.pop(0)

    def book(
        self, code: str, at: datetime, *, lane: int, minutes: int = 60, **data: Any
    ) -> Appointment:
        """An appointment of the next vehicle, in a lane if the shop has it and it is free."""
        vehicle = self.next_vehicle()
        operation = OpCode.objects.get(pk=code)
        advisor = self.advisors[len(self.cast) % len(self.advisors)]
        wanted: dict[str, Any] = {
            "customer": vehicle.customer,
            "vehicle": vehicle,
            "scheduled_at": at,
            "service_type": operation.description,
            "duration_minutes": minutes,
            "advisor": advisor,
            "booking_method": BookingMethod.PHONE,
            "booked_by": advisor.get_full_name(),
            "enforce_hours": False,
            "assign_free": False,
            "batch": self.batch,
            "data": {
                "service_category": operation.category,
                "estimated_cost": operation.price,
                **data,
            },
        }
        try:
            booked = appointments.book_appointment(**wanted, **self._place(lane))
        except SlotTaken:
            booked = appointments.book_appointment(**wanted)
        return self.stamp(booked, created_at=self._booked_at(at))

    def stamp(self, appointment: Appointment, **instants: datetime) -> Appointment:
        """Move what the services stamped with the present to when the scene says it was, which
        just after midnight may not have come yet."""
        past = {name: min(instant, self.clock.now) for name, instant in instants.items()}
        Appointment.objects.filter(pk=appointment.pk).update(**past)
        appointment.refresh_from_db()
        return appointment

    def arrive(self, appointment: Appointment, at: datetime) -> Appointment:
        vehicle = appointment.vehicle
        mileage = (vehicle.current_mileage or 0) + 40 if vehicle else None
        arrived = appointments.check_in(appointment=appointment, mileage=mileage)
        return self.stamp(arrived, arrived_at=at)

    def start(self, appointment: Appointment, at: datetime) -> Appointment:
        arrived = self.arrive(appointment, at - timedelta(minutes=10))
        return self.stamp(appointments.start_work(appointment=arrived), started_at=at)

    def complete(self, appointment: Appointment, code: str, done_at: datetime) -> ServiceRecord:
        started_at = appointment.scheduled_at + timedelta(minutes=5)
        started = self.start(appointment, started_at)
        mileage = getattr(started.vehicle, "current_mileage", None) or 0
        record = appointments.complete_appointment(
            appointment=started,
            mileage=mileage,
            lines=[LineData(op_code=OpCode.objects.get(pk=code))],
            next_service_type="Oil and filter change",
            next_service_due_date=self.clock.day + timedelta(days=180),
            next_service_due_mileage=mileage + 5_000,
        )
        self.stamp(started, completed_at=max(done_at, started_at))
        return record

    def _place(self, lane: int) -> dict[str, Any]:
        if lane >= len(self.shop.lanes):
            return {}
        chosen = self.shop.lanes[lane]
        return {
            "bay": ServiceBay.objects.get(pk=chosen.bay),
            "technician": Technician.objects.get(pk=chosen.technician_id),
        }

    def _booked_at(self, at: datetime) -> datetime:
        return min(at, self.clock.now) - timedelta(days=1 + len(self.cast) % 9, hours=2)
