"""Hand-placed scenes of the demonstration dealership: what is going on in the shop right now."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, cast

from crm.enums import AppointmentStatus as Status
from crm.enums import CustomerType, LineOutcome, Transport
from crm.models import (
    Customer,
    DataBatch,
    OpCode,
    User,
    Vehicle,
)
from crm.seeding.shop import Shop
from crm.seeding.stage import Clock, Stage
from crm.services import appointments, customers, records, vehicles
from crm.services.records import LineData


def play(*, batch: DataBatch, shop: Shop, advisors: list[User], now: datetime) -> None:
    """Place every scene on customers of `batch`. Call it inside `audited`."""
    stage = Stage(batch, shop, advisors, Clock(shop, now), _cast(batch, shop, now))
    _shop_floor(stage)
    _full_bay(stage)
    _rest_of_the_day(stage)
    _refused_work(stage)
    _special_customers(stage)


def _cast(batch: DataBatch, shop: Shop, now: datetime) -> list[Vehicle]:
    """Vehicles for the scenes, one a customer: not here lately and not booked."""
    lately = now.astimezone(shop.zone).date() - timedelta(days=90)
    idle = (
        Vehicle.objects.filter(
            batch=batch, is_primary_vehicle=True, customer__customer_type=CustomerType.RETAIL
        )
        .exclude(customer__appointments__status__in=Status.active())
        .exclude(last_service_date__gte=lately)
        .select_related("customer__preferred_service_advisor")
    )
    return list(idle.order_by("id")[:60])


def _shop_floor(stage: Stage) -> None:
    """This morning: one is done, one never came; now: three in work, two waiting to start, one
    customer in the lounge, one late."""
    clock = stage.clock
    finished = stage.book("LOF", clock.ago(195), lane=0, minutes=45)
    stage.complete(finished, "LOF", clock.ago(150))
    missed = stage.book("ROT", clock.ago(210), lane=1, minutes=30)
    appointments.mark_no_show(appointment=missed)
    cancelled = stage.book("ALIGN", clock.ago(120), lane=7)
    appointments.cancel_appointment(appointment=cancelled, reason="Child is sick, calls again")

    in_work = (
        ("BRKF", 120, 3, "Squeaking when braking"),
        ("DIAG", 75, 4, "Check engine light is on"),
        ("BATT", 45, 5, "Hard start in the morning"),
    )
    for code, minutes_ago, lane, concern in in_work:
        begins = clock.ago(minutes_ago)
        visit = stage.book(
            code,
            begins,
            lane=lane,
            minutes=180,
            customer_concerns=concern,
            transport=Transport.DROP_OFF,
            promised_at=begins + timedelta(minutes=240),
        )
        stage.start(visit, begins + timedelta(minutes=10))

    lounge = stage.book(
        "LOF", clock.ago(15), lane=0, minutes=45, transport=Transport.WAITER,
        customer_concerns="Has to leave for work within the hour",
    )  # fmt: skip
    stage.arrive(lounge, clock.ago(20))
    dropped = stage.book("SVC60", clock.ago(30), lane=6, minutes=90, transport=Transport.DROP_OFF)
    stage.arrive(dropped, clock.ago(35))
    late = stage.book("ROT", clock.ago(45), lane=1, minutes=30, confirmation_sent=True)
    appointments.confirm(appointment=late)


def _full_bay(stage: Stage) -> None:
    """One bay booked from opening to closing without a gap."""
    clock = stage.clock
    length = timedelta(minutes=105)
    codes = ("TIRE4", "STRUT", "BRKR", "TRANS", "SPARK", "AC")
    for turn, code in enumerate(codes):
        begins = clock.opens + turn * length
        if begins + length > clock.closes:
            break
        visit = stage.book(code, begins, lane=2, minutes=105)
        ends = begins + length
        if ends <= clock.now:
            stage.complete(visit, code, ends - timedelta(minutes=5))
        elif begins <= clock.now:
            stage.start(visit, min(begins + timedelta(minutes=10), clock.now))
        else:
            appointments.confirm(appointment=visit)


def _rest_of_the_day(stage: Stage) -> None:
    """Still to come today; nothing when the day is over, or they would all be late."""
    coming = (
        ("ALIGN", 30, 7),
        ("STATE", 45, 1),
        ("LOF", 60, 0),
        ("RECALL", 75, 6),
        ("MPI", 105, 0),
    )
    for turn, (code, minutes, lane) in enumerate(coming):
        begins = stage.clock.ahead(minutes)
        if begins <= stage.clock.now:
            continue
        visit = stage.book(code, begins, lane=lane, minutes=45, confirmation_sent=True)
        if turn % 2 == 0:
            appointments.confirm(appointment=visit)


def _refused_work(stage: Stage) -> None:
    """Declined brakes, battery and tires, and deferred work whose time has come."""
    refusals: tuple[tuple[str, str, str, dict[str, Any]], ...] = (
        ("BRKF", LineOutcome.DECLINED, "Too expensive right now", {}),
        ("BATT", LineOutcome.DECLINED, "Wants a second opinion", {}),
        ("TIRE4", LineOutcome.DECLINED, "Selling the car soon", {}),
        ("BRKR", LineOutcome.DECLINED, "Waiting for payday", {}),
        ("TIRE2", LineOutcome.DEFERRED, "4/32 left, before winter", {"days": -3}),
        ("BATT", LineOutcome.DEFERRED, "Tested weak, wants a reminder", {"days": -10}),
        ("COOL", LineOutcome.DEFERRED, "At the next 1,000 miles", {"miles": -200}),
        ("CABF", LineOutcome.DEFERRED, "At the next visit", {"days": 21}),
    )
    for turn, (code, outcome, reason, until) in enumerate(refusals):
        vehicle = stage.next_vehicle()
        mileage = max((vehicle.current_mileage or 0) - 900, 0)
        day = stage.clock.day - timedelta(days=30 + 4 * turn)
        miles = until.get("miles")
        refused = LineData(
            op_code=OpCode.objects.get(pk=code),
            outcome=outcome,
            reason=reason,
            deferred_until=stage.clock.day + timedelta(until["days"]) if "days" in until else None,
            deferred_until_mileage=(vehicle.current_mileage or 0) + miles if miles else None,
        )
        records.record_service(
            vehicle=vehicle,
            data={
                "service_date": day,
                "mileage": mileage,
                "advisor": stage.advisors[turn % len(stage.advisors)],
                "next_service_due_mileage": mileage + 5_000,
            },
            lines=[LineData(op_code=OpCode.objects.get(pk="LOF"), price=Decimal("79.95")), refused],
            batch=stage.batch,
        )


def _special_customers(stage: Stage) -> None:
    """A car from before VINs had 17 characters, a firm with three vans, a much-noted regular."""
    collector = _owner(stage.next_vehicle())
    vehicles.add_vehicle(
        customer=collector,
        data={
            "vin": "7R02C141857",
            "vin_exception_reason": "Built before 1981",
            "license_plate": "ANTIQ67",
            "year": 1967,
            "make": "Ford",
            "model": "Mustang",
            "engine": "4.7L V8",
            "color": "Red",
            "current_mileage": 84_210,
        },
        batch=stage.batch,
    )
    fleet = Customer.objects.filter(batch=stage.batch, vehicles__isnull=False)
    firm = next(c for c in fleet.distinct().order_by("id") if c.vehicles.count() == 3)
    customers.update_customer(
        customer=firm,
        data={
            "first_name": "Peach State",
            "last_name": "Plumbing",
            "customer_type": CustomerType.FLEET,
            "date_of_birth": None,
            "notes": "Fleet: three vehicles, one invoice a month. Ask for Dolores.",
        },
    )
    regular = _owner(stage.next_vehicle())
    for turn, text in enumerate(
        (
            "Called about a noise at the front left; look at it with the next oil change.",
            "Offered a loaner for the long repair, gladly accepted.",
            "Would consider trading in for a hybrid next spring. Told sales.",
        )
    ):
        customers.add_note(customer=regular, author=stage.advisors[turn % 3], text=text)


def _owner(vehicle: Vehicle) -> Customer:
    """The cast is drawn through its customers, so there is one."""
    return cast(Customer, vehicle.customer)
