"""The permission gate: everything that leaves for a customer asks here first.

The rules are `crm.permission`, the thresholds settings; this module reads the facts and logs the
answers.
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import DateTimeField, Max, OuterRef, Q, Subquery
from django.db.models.functions import Least
from django.utils import timezone

from crm.constraints import translated
from crm.context import current
from crm.enums import AppointmentStatus, Channel, Direction
from crm.exceptions import Refused
from crm.models import (
    Appointment,
    Consent,
    ContactAttempt,
    ContactDecision,
    Customer,
    ServiceRecord,
)
from crm.permission import AreaRule, Contact, Decision, Facts, Rules, Statement, decide
from crm.querysets import shop_zone
from crm.zones import state_of, zones_of

Wish = tuple[UUID, str, str]  # customer, channel, purpose

UNKNOWN = Decision(False, "unknown_customer", "There is no such customer.")
# The longest window that a cap looks back over.
LOOK_BACK = timedelta(days=7)


class ContactBlocked(Refused):
    """The permission gate said no; `code` is its reason, `decision` all it said."""

    code = "contact_blocked"

    def __init__(self, decision: Decision) -> None:
        super().__init__(decision.sentence, code=decision.reason, remedy=when(decision))
        self.decision = decision


def may_contact(
    *,
    customer: Customer,
    channel: str,
    purpose: str,
    now: datetime | None = None,
    log: bool = True,
) -> Decision:
    """Whether `customer` may be contacted over `channel` for `purpose` now.

    Reads the facts afresh, so an opt-out of a second ago counts. Three queries, and one more to
    log the answer, which every real attempt must; `log=False` is for showing a state.
    """
    moment = now or timezone.now()
    decision = decide_many([(customer.pk, channel, purpose)], now=moment)[
        (customer.pk, channel, purpose)
    ]
    if log:
        who = current()
        with translated():
            ContactDecision.objects.create(
                at=moment,
                customer_id=customer.pk,
                channel=channel,
                purpose=purpose,
                allowed=decision.allowed,
                reason=decision.reason,
                allowed_from=decision.allowed_from,
                actor_id=who.actor_id or None,
                source=who.source,
            )
    return decision


def require_permission(
    *, customer: Customer, channel: str, purpose: str, now: datetime | None = None
) -> None:
    """Pass, or raise ContactBlocked with the sentence and from when it is allowed."""
    decision = may_contact(customer=customer, channel=channel, purpose=purpose, now=now)
    if not decision.allowed:
        raise ContactBlocked(decision)


def when(decision: Decision) -> str:
    """From when a blocked contact is allowed, in words and the shop's time."""
    if decision.allowed_from is None:
        return "Waiting does not help."
    local = decision.allowed_from.astimezone(shop_zone())
    return f"Allowed from {local:%A, %B %-d, %-I:%M %p} (shop time)."


def decide_many(wishes: Iterable[Wish], *, now: datetime | None = None) -> dict[Wish, Decision]:
    """The gate's answer to each wish, in three queries however many there are. Logs nothing."""
    moment = now or timezone.now()
    wanted = set(wishes)
    facts = facts_of({customer for customer, _, _ in wanted}, now=moment)
    rules = contact_rules()
    return {
        wish: decide(facts[wish[0]], rules, channel=wish[1], purpose=wish[2], now=moment)
        if wish[0] in facts
        else UNKNOWN
        for wish in wanted
    }


def prune_decisions() -> int:
    """Delete logged answers older than CONTACT_DECISION_DAYS; how many went."""
    oldest = timezone.now() - timedelta(days=settings.CONTACT_DECISION_DAYS)
    return ContactDecision.objects.filter(at__lt=oldest).delete()[0]


def contact_rules() -> Rules:
    """The thresholds of the settings."""
    country = AreaRule(
        opens=time(settings.CONTACT_OPENS),
        closes=time(settings.CONTACT_CLOSES),
        relationship_months=settings.CONTACT_RELATIONSHIP_MONTHS,
    )
    return Rules(
        country=country,
        states={
            state: country.stricter(_area(rule))
            for state, rule in settings.CONTACT_STATE_RULES.items()
        },
        unknown_zones=tuple(settings.CONTACT_UNKNOWN_ZONES),
        inquiry_months=settings.CONTACT_INQUIRY_MONTHS,
        offers_in_7_days=settings.CONTACT_OFFERS_IN_7_DAYS,
    )


def _area(rule: Mapping[str, Any]) -> AreaRule:
    hours = {name: time(rule[name]) for name in ("opens", "closes") if name in rule}
    return AreaRule(**{**rule, **hours})


def facts_of(customers: Collection[UUID], *, now: datetime) -> dict[UUID, Facts]:
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


def _applying(line: Consent, customer: UUID, *, phone: str, email: str) -> Iterable[Statement]:
    """What a line of the ledger says about this customer now.

    A withdrawal counts for the customer and for the address wherever it is now; an agreement
    only for the customer who gave it, at the address it was given for.
    """
    mine, revoked = line.customer_id == customer, line.revoked_at is not None
    at = line.revoked_at or line.granted_at
    if at is None or not (mine or revoked):
        return
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
