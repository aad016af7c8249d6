"""May we contact this customer, this way, for this purpose, now? Standard library only.

`decide` looks at facts, rules and the time, and nothing else. What never changes by waiting (no
address, an opt-out, a preference, no consent) is asked first; then the clock: hours, Sundays and
holidays where the customer is, and how often they were contacted. Sources and reasons stand in
docs/permission.md.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from crm.contact_rules import (
    ALLOWED,
    CALLBACK,
    EMAIL,
    MARKETING,
    NEEDS,
    PHONE_CHANNELS,
    REMINDER,
    WRITTEN_BASES,
    AreaRule,
    Contact,
    Decision,
    Facts,
    Need,
    Rules,
    Statement,
)
from crm.holidays import holiday_name

__all__ = [
    "AreaRule",
    "Contact",
    "Decision",
    "Facts",
    "Rules",
    "Statement",
    "decide",
    "months_before",
]

SUNDAY = 6
# Steps of the search for an allowed time. Each passes a closed day or a cap; nothing needs more.
LONGEST_SEARCH = 60


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
