"""May we contact this customer, this way, for this purpose, now? Standard library only.

`decide` looks at facts, rules and the time, and nothing else. What never changes by waiting (no
address, an opt-out, a preference, no consent) is asked first; then the clock: hours, Sundays and
holidays where the customer is, and how often they were contacted. Sources and reasons stand in
docs/permission.md.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from enum import IntEnum
from zoneinfo import ZoneInfo

from crm.holidays import holiday_name

PHONE_CHANNELS = frozenset({"call", "ai_call", "text"})
MARKETING, CALLBACK, REMINDER = "marketing", "callback", "reminder"
AI_CALL, EMAIL = "ai_call", "email"
ANY = ""
# What counts as consent in writing (47 CFR 64.1200(f)(9) takes electronic forms as such).
WRITTEN_BASES = frozenset({"written", "online"})
SUNDAY = 6
# Steps of the search for an allowed time. Each passes a closed day or a cap; nothing needs more.
LONGEST_SEARCH = 60


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


def decide(facts: Facts, rules: Rules, *, channel: str, purpose: str, now: datetime) -> Decision:
    """The answer for one customer. Raises KeyError for an unknown purpose."""
    question = _Question(facts, rules, channel, purpose)
    return question.bar(now) or question.wait(now) or ALLOWED


@dataclass(frozen=True)
class _Objection:
    """What the clock has against an instant, and before when asking again is useless."""

    reason: str
    sentence: str
    until: datetime


class _Question:
    """One decision: who, how and what for; the time is given to each part."""

    def __init__(self, facts: Facts, rules: Rules, channel: str, purpose: str) -> None:
        self.facts, self.rules = facts, rules
        self.channel, self.purpose = channel, purpose
        self.need = NEEDS[purpose].get(channel, Need.NOTHING)
        self.area = rules.area(facts.states)
        self.by_phone = channel in PHONE_CHANNELS
        self.zones = [ZoneInfo(name) for name in facts.zones or rules.unknown_zones]
        covering = (s for s in facts.statements if s.covers(channel, purpose))
        # At one instant a withdrawal goes before an agreement.
        self.latest = max(covering, key=lambda s: (s.at, not s.granted), default=None)

    def bar(self, now: datetime) -> Decision | None:
        """What no waiting changes."""
        return self._unreachable() or self._withdrawn() or self._unwanted() or self._unfounded(now)

    def wait(self, now: datetime) -> Decision | None:
        """The clock's objection at `now`, with the first time at which it has none."""
        first = objection = self._objection(now)
        for _ in range(LONGEST_SEARCH):
            if first is None or objection is None:
                break
            at = objection.until
            objection = self._objection(at)
        if first is None:
            return None
        return _no(first.reason, first.sentence, None if objection else at.astimezone(UTC))

    def _unreachable(self) -> Decision | None:
        if self.facts.anonymised:
            return _no("anonymised", "This customer was anonymised.")
        if self.by_phone and not self.facts.phone:
            return _no("no_address", "No telephone number is on record.")
        if self.channel == EMAIL and not self.facts.email:
            return _no("no_address", "No e-mail address is on record.")
        return None

    def _withdrawn(self) -> Decision | None:
        if self.latest is None or self.latest.granted:
            return None
        on = f"{self.latest.at:%B %-d, %Y}"
        if self.latest.basis == "do_not_call":
            return _no("do_not_call", f"Asked on {on} not to be called.")
        return _no("opted_out", f"Opted out on {on}.")

    def _unwanted(self) -> Decision | None:
        if self.purpose == MARKETING and not self.facts.wants_offers:
            return _no("prefers_not", "Does not want offers.")
        if self.purpose == REMINDER and not self.facts.wants_reminders:
            return _no("prefers_not", "Does not want reminders.")
        return None

    def _unfounded(self, now: datetime) -> Decision | None:
        if self.need == Need.NOTHING or self._agreed():
            return None
        if self.need == Need.RELATIONSHIP:
            if self._knows_us(now.astimezone(UTC).date()):
                return None
            return _no("no_consent", "No consent, and no business or inquiry recent enough.")
        how = " in writing" if self.need == Need.WRITTEN else ""
        return _no("no_consent", f"No consent{how} for this channel and purpose.")

    def _agreed(self) -> bool:
        return self.latest is not None and (
            self.need < Need.WRITTEN or self.latest.basis in WRITTEN_BASES
        )

    def _knows_us(self, today: date) -> bool:
        """Whether business or an inquiry lies no further back than the state allows."""
        months = self.area.relationship_months
        business, inquiry = self.facts.last_business, self.facts.last_inquiry
        asked = months_before(today, min(self.rules.inquiry_months, months))
        return (business is not None and business >= months_before(today, months)) or (
            inquiry is not None and inquiry >= asked
        )

    def _objection(self, at: datetime) -> _Objection | None:
        capped = self._too_many(at)
        if capped is not None or not self.by_phone:
            return capped
        closed = [found for zone in self.zones if (found := _closed(self.area, at, zone))]
        return max(closed, key=lambda found: found.until, default=None)

    def _too_many(self, at: datetime) -> _Objection | None:
        cap = self.area.calls_in_24_hours
        if cap is not None and self.by_phone and self.purpose != CALLBACK:
            calls = [
                contact.at
                for contact in self.facts.outbound
                if contact.channel in PHONE_CHANNELS and contact.purpose != CALLBACK
            ]
            until = _free_again(calls, cap, timedelta(hours=24), at)
            if until is not None:
                return _Objection("too_many_calls", f"Called {cap} times within 24 hours.", until)
        if self.purpose == MARKETING:
            cap = self.rules.offers_in_7_days
            offers = [contact.at for contact in self.facts.outbound if contact.purpose == MARKETING]
            until = _free_again(offers, cap, timedelta(days=7), at)
            if until is not None:
                return _Objection("too_often", f"Got {cap} offers within 7 days.", until)
        return None


def _no(reason: str, sentence: str, allowed_from: datetime | None = None) -> Decision:
    return Decision(False, reason, sentence, allowed_from)


def _free_again(
    contacts: list[datetime], cap: int, window: timedelta, at: datetime
) -> datetime | None:
    """When fewer than `cap` (1 or more) contacts lie in the window before; None when that is so."""
    recent = sorted(contact for contact in contacts if at - window < contact <= at)
    return recent[-cap] + window if len(recent) >= cap else None


def _closed(area: AreaRule, at: datetime, zone: ZoneInfo) -> _Objection | None:
    local = at.astimezone(zone)
    day, clock = local.date(), local.time()
    tomorrow = _opening(area, day + timedelta(days=1), zone)
    if not area.sundays and day.weekday() == SUNDAY:
        return _Objection("sunday", "No calls on Sundays where the customer lives.", tomorrow)
    if not area.holidays and (name := holiday_name(day)):
        return _Objection("holiday", f"No calls on {name} where the customer lives.", tomorrow)
    if area.opens <= clock < area.closes:
        return None
    hours = f"{_clock(area.opens)} to {_clock(area.closes)}"
    return _Objection(
        "quiet_hours",
        f"It is {_clock(clock)} for the customer; calls are allowed from {hours}.",
        _opening(area, day, zone) if clock < area.opens else tomorrow,
    )


def _opening(area: AreaRule, day: date, zone: ZoneInfo) -> datetime:
    """The opening hour of that day by the wall clock: right on nights that change it."""
    return datetime.combine(day, area.opens, tzinfo=zone).astimezone(UTC)


def _clock(at: time) -> str:
    return f"{at:%-I:%M %p}"


def months_before(day: date, months: int) -> date:
    """The same day of the month so many months earlier, or that month's last day."""
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    following = date(year + (month + 1) // 12, (month + 1) % 12 + 1, 1)
    return min(
        date(year, month + 1, 1) + timedelta(days=day.day - 1), following - timedelta(days=1)
    )
