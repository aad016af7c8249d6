"""What the permission gate looks at: needs, thresholds, facts, and what it answers.

Standard library only. Sources and reasons stand in docs/permission.md.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from enum import IntEnum

PHONE_CHANNELS = frozenset({"call", "ai_call", "text"})
MARKETING, CALLBACK, REMINDER = "marketing", "callback", "reminder"
AI_CALL, EMAIL = "ai_call", "email"
ANY = ""
# What counts as consent in writing (47 CFR 64.1200(f)(9) takes electronic forms as such).
WRITTEN_BASES = frozenset({"written", "online"})


class Need(IntEnum):
    """What a contact must stand on, the weakest first."""

    NOTHING = 0
    RELATIONSHIP = 1
    CONSENT = 2
    WRITTEN = 3


NEEDS: Mapping[str, Mapping[str, Need]] = {
    "service": {"text": Need.RELATIONSHIP, AI_CALL: Need.CONSENT},
    REMINDER: {"text": Need.RELATIONSHIP, AI_CALL: Need.CONSENT},
    CALLBACK: {AI_CALL: Need.CONSENT},
    MARKETING: {
        "call": Need.RELATIONSHIP,
        "text": Need.WRITTEN,
        EMAIL: Need.CONSENT,
        AI_CALL: Need.WRITTEN,
    },
}


@dataclass(frozen=True)
class AreaRule:
    """What one state (or the country) allows. Hours are local, `closes` exclusive.

    `calls_in_24_hours` counts calls and texts that were not answers to the customer;
    `relationship_months` is how long after business with us offers need no consent.
    """

    opens: time = time(8)
    closes: time = time(21)
    sundays: bool = True
    holidays: bool = True
    calls_in_24_hours: int | None = None
    relationship_months: int = 18

    def stricter(self, other: "AreaRule") -> "AreaRule":
        """What both allow."""
        caps = [cap for cap in (self.calls_in_24_hours, other.calls_in_24_hours) if cap is not None]
        return AreaRule(
            opens=max(self.opens, other.opens),
            closes=min(self.closes, other.closes),
            sundays=self.sundays and other.sundays,
            holidays=self.holidays and other.holidays,
            calls_in_24_hours=min(caps, default=None),
            relationship_months=min(self.relationship_months, other.relationship_months),
        )


@dataclass(frozen=True)
class Rules:
    """All thresholds. `unknown_zones` stand for a customer whose zone nothing tells."""

    country: AreaRule = AreaRule()
    states: Mapping[str, AreaRule] = field(default_factory=dict)
    unknown_zones: tuple[str, ...] = (
        "America/New_York",
        "America/Chicago",
        "America/Denver",
        "America/Los_Angeles",
    )
    inquiry_months: int = 3
    offers_in_7_days: int = 3

    def area(self, states: Iterable[str]) -> AreaRule:
        """The strictest of the country's rule and those of `states`; of all when there are none."""
        rule = self.country
        for state in states or self.states:
            rule = rule.stricter(self.states.get(state, self.country))
        return rule


@dataclass(frozen=True)
class Statement:
    """One line of the consent ledger, `at` the time from which it holds."""

    at: datetime
    granted: bool
    channel: str = ANY
    purpose: str = ANY
    basis: str = ""

    def covers(self, channel: str, purpose: str) -> bool:
        """An agreement to calls is none to an artificial voice; a withdrawal of calls is both."""
        if self.purpose not in (ANY, purpose):
            return False
        if channel == AI_CALL:
            return (
                self.channel == AI_CALL if self.granted else self.channel in (ANY, "call", AI_CALL)
            )
        return self.channel in (ANY, channel)


@dataclass(frozen=True)
class Contact:
    """One outbound contact of the last seven days."""

    at: datetime
    channel: str
    purpose: str


@dataclass(frozen=True)
class Facts:
    """What is known of one customer. `zones` are IANA names, () when unknown; `states` postal
    codes, () when unknown; preferences are true unless the customer said no."""

    phone: str = ""
    email: str = ""
    zones: tuple[str, ...] = ()
    states: tuple[str, ...] = ()
    anonymised: bool = False
    wants_reminders: bool = True
    wants_offers: bool = True
    statements: tuple[Statement, ...] = ()
    last_business: date | None = None
    last_inquiry: date | None = None
    outbound: tuple[Contact, ...] = ()


@dataclass(frozen=True)
class Decision:
    """`reason` is for machines, `sentence` for people. `allowed_from` is the earliest time at
    which the answer would be yes, None when waiting does not help."""

    allowed: bool
    reason: str
    sentence: str
    allowed_from: datetime | None = None

    @property
    def is_barred(self) -> bool:
        """Whether no waiting will help."""
        return not self.allowed and self.allowed_from is None


ALLOWED = Decision(True, "ok", "May be contacted.")
