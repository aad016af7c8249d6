"""What the demonstration's customers agreed to and withdrew, gone with the rest of it."""

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import QuerySet
from django.utils import timezone

from crm.context import audited
from crm.demo import Part, register
from crm.enums import Channel, ConsentBasis, ContactPurpose
from crm.models import Consent, Customer, DataBatch, Vehicle
from crm.services.worklist import refresh_customer

SEED = 7
OLDEST_DAYS = 400
ANY = ""


@dataclass(frozen=True)
class _Habit:
    """What `share` of the customers said, each line a channel and a purpose."""

    share: float
    basis: str
    source: str
    lines: tuple[tuple[str, str], ...]
    note: str = ""

    @property
    def withdraws(self) -> bool:
        return self.basis in (ConsentBasis.OPT_OUT, ConsentBasis.DO_NOT_CALL)


# Shares are assumptions; those who withdraw are drawn after those who agree, so some do both.
_HABITS = (
    _Habit(
        0.30, ConsentBasis.ONLINE, "web form",
        ((Channel.TEXT, ContactPurpose.REMINDER), (Channel.TEXT, ContactPurpose.SERVICE)),
        "Ticked when booking online",
    ),
    _Habit(
        0.15, ConsentBasis.WRITTEN, "paper",
        ((Channel.EMAIL, ContactPurpose.MARKETING), (Channel.TEXT, ContactPurpose.MARKETING)),
        "Signed at write-up",
    ),
    _Habit(
        0.10, ConsentBasis.SPOKEN, "call", ((Channel.AI_CALL, ContactPurpose.REMINDER),),
        "Fine with automated reminders",
    ),
    _Habit(
        0.05, ConsentBasis.OPT_OUT, "text", ((Channel.TEXT, ANY), (Channel.AI_CALL, ANY)), "STOP"
    ),
    _Habit(
        0.04, ConsentBasis.OPT_OUT, "e-mail", ((Channel.EMAIL, ContactPurpose.MARKETING),),
        "Unsubscribed",
    ),
    _Habit(
        0.03, ConsentBasis.DO_NOT_CALL, "call", ((Channel.CALL, ANY),), "Asked not to be called"
    ),
    _Habit(0.02, ConsentBasis.OPT_OUT, "page", ((ANY, ANY),), "Wants to hear nothing any more"),
)  # fmt: skip


def _build(batch: DataBatch) -> Mapping[str, int]:
    chance = random.Random(SEED)
    lines: list[Consent] = []
    for customer in Customer.objects.filter(batch=batch).order_by("phone"):
        lines += _said_by(customer, chance)
    Consent.objects.bulk_create(lines, batch_size=1_000)
    # Work that was put on the list before is barred for those who withdrew.
    for key in {line.customer_id for line in lines if line.revoked_at and line.customer_id}:
        refresh_customer(customer_id=key)
    return {"consents": len(lines)}


def _said_by(customer: Customer, chance: random.Random) -> Iterator[Consent]:
    """A customer's statements, the latest last; nobody speaks of an address they do not have."""
    ago = float(OLDEST_DAYS)
    for habit in _HABITS:
        if chance.random() >= habit.share:
            continue
        ago *= chance.uniform(0.1, 0.95)
        at = timezone.now() - timedelta(days=ago)
        for channel, purpose in habit.lines:
            if channel == Channel.EMAIL and not customer.email:
                continue
            yield Consent(
                customer=customer,
                phone=customer.phone,
                email=(customer.email or "").lower(),
                channel=channel,
                purpose=purpose,
                basis=habit.basis,
                source=habit.source,
                note=habit.note,
                granted_at=None if habit.withdraws else at,
                revoked_at=at if habit.withdraws else None,
            )


def _remove(customers: QuerySet[Customer], vehicles: QuerySet[Vehicle]) -> Mapping[str, int]:
    """All that was said by demonstration customers, whoever noted it: the numbers are invented."""
    with audited(demo_removal="on"):
        return {"consents": Consent.objects.filter(customer__in=customers).delete()[0]}


def register_part() -> None:
    register(Part("consents", _build, _remove, position=10))
