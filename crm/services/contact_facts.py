"""What the permission gate knows of somebody, read from the database afresh."""

from collections.abc import Collection, Iterable
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import DateTimeField, Max, OuterRef, Q, Subquery
from django.db.models.functions import Least

from crm import outbound
from crm.enums import AppointmentStatus, Channel, Direction
from crm.models import Appointment, Consent, ContactAttempt, Customer, ServiceRecord
from crm.permission import Contact, Facts, Statement
from crm.zones import state_of, zones_of
from jobs.registry import shop_zone

# A customer's key, or a number that is no customer's.
Subject = UUID | str
# The longest window that a cap looks back over.
LOOK_BACK = timedelta(days=7)


def facts_of(customers: Collection[UUID], *, now: datetime) -> dict[Subject, Facts]:
    """What the gate knows of each of `customers`; those who do not exist are left out."""
    rows: Any = list(
        Customer.objects.filter(pk__in=customers).values(
            "pk",
            "phone",
            "email",
            "state",
            "zip_code",
            "receive_reminders",
            "receive_promotions",
            "anonymised_at",
            last_service=_latest(ServiceRecord.objects.all(), "service_date"),
            last_inbound=_latest(ContactAttempt.objects.filter(direction=Direction.INBOUND), "at"),
            last_booked=_latest(
                Appointment.objects.annotate(
                    asked_at=Least("created_at", "scheduled_at", output_field=DateTimeField())
                ),
                "asked_at",
            ),
            coming=_latest(
                Appointment.objects.filter(
                    status__in=AppointmentStatus.active(), scheduled_at__gte=now
                ),
                "scheduled_at",
            ),
        )
    )
    said = _statements(rows)
    contacts = _outbound(customers, now)
    return {row["pk"]: _facts(row, said, contacts.get(row["pk"], ()), now) for row in rows}


def facts_of_numbers(numbers: Collection[str], *, now: datetime) -> dict[Subject, Facts]:
    """The same of numbers that are nobody's: all that is known is who asked to be left alone, and
    how often we have called.

    Two queries, none without numbers. A withheld number is no way to reach anybody.
    """
    called = outbound.calls_to(numbers, now - LOOK_BACK)
    refusals = Consent.objects.filter(phone__in=numbers, revoked_at__isnull=False)
    said: dict[str, list[Statement]] = {number: [] for number in numbers}
    for line in refusals if numbers else []:
        said[line.phone] += _applying(line, None, phone=line.phone, email="")
    return {
        number: Facts(
            phone=number if number.startswith("+") else "",
            statements=tuple(statements),
            outbound=tuple(called.get(number, ())),
        )
        for number, statements in said.items()
    }


def _latest(rows: Any, column: str) -> Subquery:
    """The latest `column` of a customer's rows."""
    mine = rows.filter(customer_id=OuterRef("pk")).order_by().values("customer_id")
    return Subquery(mine.annotate(latest=Max(column)).values("latest"))


def _facts(
    row: dict[str, Any], said: list[Consent], contacts: Iterable[Contact], now: datetime
) -> Facts:
    has_phone = row["anonymised_at"] is None and row["phone"].startswith("+")
    phone, email = row["phone"] if has_phone else "", (row["email"] or "").lower()
    states = {state_of(row["zip_code"]), row["state"] or ""} - {""}
    return Facts(
        phone=phone,
        email=email,
        zones=zones_of(row["zip_code"], row["state"]),
        states=tuple(sorted(states)),
        anonymised=row["anonymised_at"] is not None,
        # Null is what the seed's raw SQL leaves: nobody has said no.
        wants_reminders=row["receive_reminders"] is not False,
        wants_offers=row["receive_promotions"] is not False,
        statements=tuple(
            statement
            for line in said
            for statement in _applying(line, row["pk"], phone=phone, email=email)
        ),
        last_business=max(
            (day for day in (row["last_service"], _day(row["coming"] and now)) if day),
            default=None,
        ),
        last_inquiry=max(
            (day for day in (_day(row["last_inbound"]), _day(row["last_booked"])) if day),
            default=None,
        ),
        outbound=tuple(contacts),
    )


def _day(at: datetime | None) -> date | None:
    return at.date() if at else None


def _statements(rows: list[dict[str, Any]]) -> list[Consent]:
    """Every line of the ledger about these customers or the addresses that they have now."""
    keys = [row["pk"] for row in rows]
    phones = [row["phone"] for row in rows]
    emails = [row["email"].lower() for row in rows if row["email"]]
    about = Q(customer_id__in=keys) | Q(phone__in=phones) | Q(email__in=emails)
    return list(Consent.objects.filter(about).order_by("created_at", "id"))


def _applying(
    line: Consent, customer: UUID | None, *, phone: str, email: str
) -> Iterable[Statement]:
    """What a line of the ledger says about this customer (None: nobody) now.

    A withdrawal counts for the customer and for the address wherever it is now; an agreement
    only for the customer who gave it, at the address it was given for.
    """
    mine = customer is not None and line.customer_id == customer
    revoked = line.revoked_at is not None
    at = line.revoked_at or line.granted_at
    if at is None or not (mine or revoked):
        return
    at = at.astimezone(shop_zone())  # a sentence names its day
    if mine and revoked:
        channels = [line.channel]
    else:
        channels = _held(
            line.channel,
            phone=bool(phone) and line.phone == phone,
            email=bool(email) and line.email == email,
        )
    for channel in channels:
        yield Statement(at, not revoked, channel, line.purpose, line.basis)


def _held(channel: str, *, phone: bool, email: bool) -> list[str]:
    """Those of the channels meant by `channel` whose address is still the one spoken of."""
    if not channel:
        return [*(("call", "text") if phone else ()), *(("email",) if email else ())]
    return [channel] if (email if channel == Channel.EMAIL else phone) else []


def _outbound(customers: Collection[UUID], now: datetime) -> dict[UUID, list[Contact]]:
    found: dict[UUID, list[Contact]] = {}
    recent = ContactAttempt.objects.filter(
        customer_id__in=customers, direction=Direction.OUTBOUND, at__gt=now - LOOK_BACK
    )
    for customer, at, channel, purpose in recent.values_list(
        "customer_id", "at", "channel", "purpose"
    ):
        found.setdefault(customer, []).append(Contact(at, channel, purpose))
    return found
