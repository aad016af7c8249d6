"""The permission gate: everything that leaves for a customer asks here first.

The rules are `crm.permission`, the thresholds settings, the facts `crm.services.contact_facts`;
this module puts them together and logs the answers.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.utils import timezone

from crm.constraints import translated
from crm.context import current
from crm.enums import Channel
from crm.exceptions import Refused
from crm.models import ContactDecision, Customer
from crm.permission import AreaRule, Decision, Rules, decide
from crm.services.contact_facts import Subject, facts_of, facts_of_numbers
from jobs.registry import shop_zone

Wish = tuple[Subject, str, str]  # who, channel, purpose

UNKNOWN = Decision(False, "unknown_customer", "There is no such customer.")


class ContactBlocked(Refused):
    """The permission gate said no; `code` is its reason, `decision` all it said."""

    code = "contact_blocked"

    def __init__(self, decision: Decision) -> None:
        super().__init__(decision.sentence, code=decision.reason, remedy=when(decision))
        self.decision = decision


def may_contact(
    *,
    customer: Customer | None,
    channel: str,
    purpose: str,
    phone: str = "",
    now: datetime | None = None,
    log: bool = True,
) -> Decision:
    """Whether `customer`, or without one the number `phone`, may be contacted over `channel` for
    `purpose` now.

    Reads the facts afresh, so an opt-out of a second ago counts. Three queries, and one more to
    log the answer, which every real attempt must; `log=False` is for showing a state.
    """
    moment = now or timezone.now()
    wish: Wish = (customer.pk if customer else phone, channel, purpose)
    decision = decide_many([wish], now=moment)[wish]
    if log:
        who = current()
        with translated():
            ContactDecision.objects.create(
                at=moment,
                customer=customer,
                phone="" if customer else phone,
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
    *,
    customer: Customer | None,
    channel: str,
    purpose: str,
    phone: str = "",
    now: datetime | None = None,
) -> None:
    """Pass, or raise ContactBlocked with the sentence and from when it is allowed."""
    decision = may_contact(
        customer=customer, phone=phone, channel=channel, purpose=purpose, now=now
    )
    if not decision.allowed:
        raise ContactBlocked(decision)


def when(decision: Decision) -> str:
    """From when a blocked contact is allowed, in words and the shop's time."""
    if decision.allowed_from is None:
        return "Waiting does not help."
    local = decision.allowed_from.astimezone(shop_zone())
    return f"Allowed from {local:%A, %B %-d, %-I:%M %p} (shop time)."


def decide_many(wishes: Iterable[Wish], *, now: datetime | None = None) -> dict[Wish, Decision]:
    """The gate's answer to each wish, in three queries however many there are, and two more when
    numbers that are nobody's are among them. Logs nothing."""
    moment = now or timezone.now()
    wanted = set(wishes)
    subjects = {subject for subject, _, _ in wanted}
    facts = {
        **facts_of({subject for subject in subjects if isinstance(subject, UUID)}, now=moment),
        **facts_of_numbers(
            {subject for subject in subjects if isinstance(subject, str)}, now=moment
        ),
    }
    rules = contact_rules()
    return {
        wish: decide(facts[wish[0]], rules, channel=wish[1], purpose=wish[2], now=moment)
        if wish[0] in facts
        else UNKNOWN
        for wish in wanted
    }


def with_decisions(rows: Iterable[dict[str, Any]], *, purpose: str) -> list[dict[str, Any]]:
    """Rows of a list with what the gate says of a call to their `customer_id` now, as `decision`
    (None for nobody's). Three queries."""
    found = list(rows)
    wishes: dict[Any, Wish] = {
        row["customer_id"]: (row["customer_id"], Channel.CALL, purpose)
        for row in found
        if row["customer_id"]
    }
    decisions = decide_many(wishes.values())
    return [
        {**row, "decision": decisions[wishes[row["customer_id"]]] if row["customer_id"] else None}
        for row in found
    ]


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
