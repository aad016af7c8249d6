"""The rules of the permission gate, by tables and by properties; no database."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm import holidays
from crm.permission import (
    ALLOWED,
    NEEDS,
    AreaRule,
    Contact,
    Facts,
    Rules,
    Statement,
    decide,
    months_before,
)
from crm.zones import STATE_ZONES, state_of, zones_of

STATES = {
    "AL": AreaRule(closes=time(20), sundays=False, holidays=False),
    "FL": AreaRule(closes=time(20), calls_in_24_hours=3),
    "LA": AreaRule(closes=time(20), sundays=False, holidays=False, relationship_months=6),
    "MS": AreaRule(closes=time(20), sundays=False, relationship_months=6),
    "TN": AreaRule(relationship_months=12),
}
RULES = Rules(states=STATES)
NOON = datetime(2026, 11, 18, 17, tzinfo=UTC)  # a Wednesday, noon in Atlanta
GEORGIA = Facts(
    phone="+14045550100",
    email="dana@mail.example",
    zones=("America/New_York",),
    states=("GA",),
    last_business=date(2026, 6, 1),
)


def person(zip_code: str, **changes) -> Facts:
    known = replace(GEORGIA, zones=zones_of(zip_code), states=(state_of(zip_code),))
    return replace(known, **changes)


def ask(facts: Facts, channel: str = "call", purpose: str = "service", now: datetime = NOON):
    return decide(facts, RULES, channel=channel, purpose=purpose, now=now)


def local(zone: str, *parts: int) -> datetime:
    return datetime(*parts, tzinfo=ZoneInfo(zone))


def granted(channel="", purpose="", basis="written", days_ago=30) -> Statement:
    return Statement(NOON - timedelta(days=days_ago), True, channel, purpose, basis)


def revoked(channel="", purpose="", basis="opt_out", days_ago=10) -> Statement:
    return Statement(NOON - timedelta(days=days_ago), False, channel, purpose, basis)


# ZIP code, local time of a try, allowed, local time from which it is (None: allowed or never)
EASTERN, CENTRAL = "America/New_York", "America/Chicago"
HOURS = [
    # Georgia and the Carolinas: the federal hours, every day
    ("30309", EASTERN, (2026, 11, 18, 8, 0), True, None),
    ("30309", EASTERN, (2026, 11, 18, 7, 59), False, (2026, 11, 18, 8)),
    ("30309", EASTERN, (2026, 11, 18, 20, 59), True, None),
    ("30309", EASTERN, (2026, 11, 18, 21, 0), False, (2026, 11, 19, 8)),
    ("29201", EASTERN, (2026, 11, 22, 12, 0), True, None),
    ("27601", EASTERN, (2026, 11, 26, 12, 0), True, None),
    # Florida: until 8 PM by the customer's clock, on both sides of the Apalachicola
    ("33101", EASTERN, (2026, 11, 18, 19, 59), True, None),
    ("33101", EASTERN, (2026, 11, 18, 20, 0), False, (2026, 11, 19, 8)),
    ("32501", CENTRAL, (2026, 11, 18, 19, 59), True, None),
    ("32501", CENTRAL, (2026, 11, 18, 20, 0), False, (2026, 11, 19, 8)),
    ("33101", EASTERN, (2026, 11, 22, 12, 0), True, None),
    # Tennessee: two zones, federal hours
    ("37203", CENTRAL, (2026, 11, 18, 20, 59), True, None),
    ("37402", EASTERN, (2026, 11, 18, 7, 30), False, (2026, 11, 18, 8)),
    # Alabama, Louisiana, Mississippi: no Sunday; AL and LA no holiday; over a long weekend
    ("36104", CENTRAL, (2026, 11, 21, 20, 0), False, (2026, 11, 23, 8)),
    ("36104", CENTRAL, (2026, 11, 22, 12, 0), False, (2026, 11, 23, 8)),
    ("39201", CENTRAL, (2026, 11, 22, 12, 0), False, (2026, 11, 23, 8)),
    ("70112", CENTRAL, (2026, 11, 26, 12, 0), False, (2026, 11, 28, 8)),
    ("39201", CENTRAL, (2026, 11, 26, 12, 0), True, None),
    ("36104", CENTRAL, (2026, 7, 3, 12, 0), False, (2026, 7, 6, 8)),
    ("70112", CENTRAL, (2026, 2, 17, 12, 0), False, (2026, 2, 18, 8)),
    ("70112", CENTRAL, (2026, 4, 3, 12, 0), False, (2026, 4, 4, 8)),
    # The nights on which the clock changes: 8 o'clock is 8 o'clock on the wall
    ("30309", EASTERN, (2026, 3, 7, 22, 0), False, (2026, 3, 8, 8)),
    ("30309", EASTERN, (2026, 10, 31, 22, 0), False, (2026, 11, 1, 8)),
    ("30309", EASTERN, (2026, 3, 8, 7, 59), False, (2026, 3, 8, 8)),
    ("36104", CENTRAL, (2026, 3, 7, 22, 0), False, (2026, 3, 9, 8)),
]


@pytest.mark.parametrize(("zip_code", "zone", "at", "allowed", "opens"), HOURS)
def test_hours_by_state_zone_and_day(zip_code, zone, at, allowed, opens):
    answer = ask(person(zip_code), now=local(zone, *at))
    assert ask(person(zip_code), "text", now=local(zone, *at)) == answer
    assert answer.allowed is allowed
    assert answer.allowed_from == (local(zone, *opens).astimezone(UTC) if opens else None)


def test_mail_has_no_quiet_hours():
    assert ask(person("36104"), "email", now=local(CENTRAL, 2026, 11, 22, 3, 0)) == ALLOWED


def test_the_sentence_says_what_time_it_is_there():
    answer = ask(person("32501"), now=local(CENTRAL, 2026, 11, 18, 20, 14))
    assert answer.reason == "quiet_hours"
    assert answer.sentence == (
        "It is 8:14 PM for the customer; calls are allowed from 8:00 AM to 8:00 PM."
    )
    sunday = ask(person("36104"), now=local(CENTRAL, 2026, 11, 22, 12, 0))
    assert sunday.reason == "sunday"
    holiday = ask(person("36104"), now=local(CENTRAL, 2026, 11, 26, 12, 0))
    assert (holiday.reason, "Thanksgiving Day" in holiday.sentence) == ("holiday", True)


def test_customer_between_two_zones_needs_both_clocks():
    both = person("37355")  # Manchester, TN: 373 lies in both
    assert len(both.zones) == 2
    assert not ask(both, now=local(EASTERN, 2026, 11, 18, 8, 30)).allowed
    assert ask(both, now=local(EASTERN, 2026, 11, 18, 9, 0)).allowed
    late = ask(both, now=local(EASTERN, 2026, 11, 18, 21, 0))
    assert late.allowed_from == local(CENTRAL, 2026, 11, 19, 8).astimezone(UTC)


def test_customer_without_address_gets_the_strictest_of_everything():
    nowhere = replace(GEORGIA, zones=(), states=())
    assert ask(nowhere, now=local(EASTERN, 2026, 11, 18, 11, 0)).allowed
    assert not ask(nowhere, now=local(EASTERN, 2026, 11, 18, 10, 59)).allowed
    assert not ask(nowhere, now=local(EASTERN, 2026, 11, 18, 20, 0)).allowed
    assert not ask(nowhere, now=local(EASTERN, 2026, 11, 22, 12, 0)).allowed


def test_two_states_on_paper_count_both():
    moved = replace(person("30309"), states=("AL", "GA"))
    assert ask(moved, now=local(EASTERN, 2026, 11, 22, 12, 0)).reason == "sunday"


BARRED = [
    ({"anonymised": True}, "call", "service", "anonymised"),
    ({"phone": ""}, "call", "service", "no_address"),
    ({"phone": ""}, "text", "service", "no_address"),
    ({"email": ""}, "email", "service", "no_address"),
    ({"wants_offers": False}, "call", "marketing", "prefers_not"),
    ({"wants_reminders": False}, "email", "reminder", "prefers_not"),
    ({"last_business": None}, "call", "marketing", "no_consent"),
    ({"last_business": None}, "text", "service", "no_consent"),
    ({}, "text", "marketing", "no_consent"),
    ({}, "email", "marketing", "no_consent"),
    ({}, "ai_call", "service", "no_consent"),
    ({}, "ai_call", "callback", "no_consent"),
    ({"statements": (revoked(),)}, "email", "reminder", "opted_out"),
    ({"statements": (revoked(),)}, "call", "service", "opted_out"),
    ({"statements": (revoked("call"),)}, "ai_call", "service", "opted_out"),
    ({"statements": (revoked(basis="do_not_call"),)}, "call", "marketing", "do_not_call"),
    ({"statements": (granted("call", "marketing"),)}, "ai_call", "marketing", "no_consent"),
    ({"statements": (granted(),)}, "ai_call", "service", "no_consent"),
    ({"statements": (granted("text", "marketing", "spoken"),)}, "text", "marketing", "no_consent"),
]


@pytest.mark.parametrize(("changes", "channel", "purpose", "reason"), BARRED)
def test_what_waiting_does_not_change(changes, channel, purpose, reason):
    answer = ask(replace(GEORGIA, **changes), channel, purpose)
    assert (answer.allowed, answer.reason, answer.allowed_from) == (False, reason, None)
    assert answer.is_barred


OPEN = [
    ({}, "call", "marketing"),
    ({"last_business": None, "last_inquiry": date(2026, 9, 1)}, "call", "marketing"),
    ({}, "text", "reminder"),
    ({"last_business": None}, "email", "service"),
    ({"last_business": None}, "call", "callback"),
    ({"wants_offers": False}, "call", "service"),
    ({"wants_reminders": False}, "call", "service"),
    ({"statements": (revoked("", "marketing"),)}, "call", "service"),
    ({"statements": (revoked("text"),)}, "call", "service"),
    ({"statements": (granted("text", "marketing"),)}, "text", "marketing"),
    ({"statements": (granted("ai_call", "marketing"),)}, "ai_call", "marketing"),
    ({"statements": (granted("ai_call", "", "spoken"),)}, "ai_call", "service"),
    ({"statements": (revoked(), granted("call", "service", days_ago=2))}, "call", "service"),
]


@pytest.mark.parametrize(("changes", "channel", "purpose"), OPEN)
def test_what_is_allowed_at_noon(changes, channel, purpose):
    assert ask(replace(GEORGIA, **changes), channel, purpose) == ALLOWED


def test_agreement_after_an_opt_out_opens_only_what_it_names():
    facts = replace(GEORGIA, statements=(revoked(), granted("call", "service", days_ago=2)))
    assert ask(facts, "call", "service").allowed
    assert ask(facts, "email", "service").reason == "opted_out"


def test_at_one_instant_the_opt_out_wins():
    facts = replace(GEORGIA, statements=(granted(days_ago=5), revoked(days_ago=5)))
    assert ask(facts).reason == "opted_out"


@pytest.mark.parametrize(
    ("zip_code", "months"), [("30309", 18), ("37203", 12), ("39201", 6), ("70112", 6)]
)
def test_business_with_us_lasts_as_long_as_the_state_says(zip_code, months):
    now = local(CENTRAL, 2026, 11, 18, 12, 0)
    last_day = months_before(now.date(), months)
    assert ask(person(zip_code, last_business=last_day), "call", "marketing", now).allowed
    before = last_day - timedelta(days=1)
    answer = ask(person(zip_code, last_business=before), "call", "marketing", now)
    assert answer.reason == "no_consent"


def calls(*hours_ago: float, purpose: str = "service") -> tuple[Contact, ...]:
    return tuple(Contact(NOON - timedelta(hours=hours), "call", purpose) for hours in hours_ago)


def test_florida_takes_three_calls_in_24_hours():
    miami = person("33101")
    assert ask(replace(miami, outbound=calls(1, 2))).allowed
    answer = ask(replace(miami, outbound=calls(1, 2, 23)))
    assert (answer.reason, answer.allowed_from) == (
        "too_many_calls",
        local(EASTERN, 2026, 11, 18, 13, 0).astimezone(UTC),
    )
    assert ask(replace(miami, outbound=calls(1, 2, 24))).allowed
    assert ask(replace(miami, outbound=calls(1, 2, 23)), purpose="callback").allowed
    assert ask(replace(GEORGIA, outbound=calls(1, 2, 23, 23.5))).allowed


def test_florida_cap_that_ends_at_night_waits_for_the_morning():
    now = local(EASTERN, 2026, 11, 18, 19, 0)
    made = tuple(Contact(now - timedelta(hours=h), "call", "service") for h in (1, 2, 22))
    answer = ask(person("33101", outbound=made), now=now)
    assert answer.allowed_from == local(EASTERN, 2026, 11, 19, 8).astimezone(UTC)


def test_offers_stop_at_three_in_seven_days_on_every_channel():
    offers = calls(30, 60, 100, purpose="marketing")
    facts = replace(GEORGIA, outbound=offers)
    answer = ask(facts, "call", "marketing")
    assert answer.reason == "too_often"
    assert answer.allowed_from == NOON - timedelta(hours=100) + timedelta(days=7)
    mailed = replace(facts, statements=(granted("email", "marketing"),))
    assert ask(mailed, "email", "marketing").reason == "too_often"
    assert ask(facts, "call", "service").allowed


@pytest.mark.parametrize(
    ("day", "months", "expected"),
    [
        (date(2026, 3, 31), 1, date(2026, 2, 28)),
        (date(2024, 3, 31), 1, date(2024, 2, 29)),
        (date(2026, 1, 15), 18, date(2024, 7, 15)),
        (date(2026, 12, 31), 6, date(2026, 6, 30)),
        (date(2026, 11, 18), 0, date(2026, 11, 18)),
    ],
)
def test_months_before(day, months, expected):
    assert months_before(day, months) == expected


# Zones and states


@pytest.mark.parametrize(
    ("zip_code", "state", "zones"),
    [
        ("32501", "FL", (CENTRAL,)), ("32401", "FL", (CENTRAL,)), ("32301", "FL", (EASTERN,)),
        ("32456", "FL", (EASTERN, CENTRAL)), ("33101-1234", "FL", (EASTERN,)),
        ("37203", "TN", (CENTRAL,)), ("38103", "TN", (CENTRAL,)), ("37902", "TN", (EASTERN,)),
        ("37601", "TN", (EASTERN,)), ("37402", "TN", (EASTERN,)),
        ("35203", "AL", (CENTRAL,)), ("36867", "AL", (EASTERN, CENTRAL)),
        ("30309", "GA", (EASTERN,)), ("39901", "GA", (EASTERN,)), ("28202", "NC", (EASTERN,)),
        ("29401", "SC", (EASTERN,)), ("39201", "MS", (CENTRAL,)), ("70801", "LA", (CENTRAL,)),
        ("79901", "TX", ("America/Denver",)), ("75201", "TX", (CENTRAL,)),
        ("85001", "AZ", ("America/Phoenix",)), ("96813", "HI", ("Pacific/Honolulu",)),
        ("00802", "VI", ("America/St_Thomas",)), ("00901", "PR", ("America/Puerto_Rico",)),
        ("09012", "", ()), ("34002", "", ()), ("", "", ()), (None, "", ()), ("abcde", "", ()),
    ],
)  # fmt: skip
def test_zip_tells_state_and_zone(zip_code, state, zones):
    assert (state_of(zip_code), zones_of(zip_code)) == (state, zones)


def test_state_stands_in_for_a_missing_zip():
    assert zones_of(None, "GA") == (EASTERN,)
    assert zones_of("", "tn") == (EASTERN, CENTRAL)
    assert zones_of("30309", "CA") == (EASTERN,)
    assert zones_of(None, "ZZ") == ()


@given(st.integers(0, 99_999))
def test_every_zip_gives_zones_that_exist_and_belong_to_its_state(number):
    zip_code = f"{number:05d}"
    zones = zones_of(zip_code)
    assert bool(zones) == bool(state_of(zip_code))
    allowed = set(STATE_ZONES.get(state_of(zip_code), ()))
    # Alabama's border towns keep Georgia's time, which the law does not say.
    assert set(zones) <= allowed | ({EASTERN} if state_of(zip_code) == "AL" else set())
    assert all(ZoneInfo(zone) for zone in zones)


# Holidays


@pytest.mark.parametrize(
    ("day", "name"),
    [
        (date(2026, 1, 1), "New Year's Day"),
        (date(2021, 12, 31), "New Year's Day (observed)"),
        (date(2026, 2, 17), "Mardi Gras"),
        (date(2026, 4, 3), "Good Friday"),
        (date(2026, 5, 25), "Memorial Day"),
        (date(2026, 7, 3), "Independence Day (observed)"),
        (date(2026, 7, 4), "Independence Day"),
        (date(2027, 7, 5), "Independence Day (observed)"),
        (date(2026, 11, 3), "general election day"),
        (date(2027, 11, 2), ""),
        (date(2026, 11, 18), ""),
    ],
)
def test_holidays(day, name):
    assert holidays.holiday_name(day) == name


@pytest.mark.parametrize(
    ("year", "day"),
    [(1954, (4, 18)), (2000, (4, 23)), (2024, (3, 31)), (2025, (4, 20)), (2038, (4, 25))],
)
def test_easter(year, day):
    assert holidays.easter(year) == date(year, *day)


# Properties

moments = st.datetimes(datetime(2024, 1, 1), datetime(2028, 12, 31), timezones=st.just(UTC))
zips = st.sampled_from(
    ["30309", "32501", "33101", "36104", "37203", "37355", "39201", "70112", "85001", "96813", ""]
)
contacts = st.lists(
    st.builds(
        lambda hours, channel, purpose: (hours, channel, purpose),
        st.integers(0, 200),
        st.sampled_from(["call", "text", "email"]),
        st.sampled_from(sorted(NEEDS)),
    ),
    max_size=6,
)
channels = st.sampled_from(["call", "ai_call", "text", "email"])
purposes = st.sampled_from(sorted(NEEDS))


def build(zip_code, made, now):
    outbound = tuple(Contact(now - timedelta(hours=h), c, p) for h, c, p in made)
    return replace(
        GEORGIA,
        zones=zones_of(zip_code),
        states=(state_of(zip_code),) if zip_code else (),
        last_business=now.date(),
        statements=(Statement(now, True, "", "", "written"), Statement(now, True, "ai_call")),
        outbound=outbound,
    )


@given(zips, contacts, channels, purposes, moments)
def test_a_denial_that_passes_names_a_time_at_which_the_answer_is_yes(
    zip_code, made, channel, purpose, now
):
    facts = build(zip_code, made, now)
    answer = ask(facts, channel, purpose, now)
    if answer.allowed or answer.allowed_from is None:
        assert answer.allowed_from is None
        return
    assert answer.allowed_from > now
    assert ask(facts, channel, purpose, answer.allowed_from).allowed


@given(zips, contacts, st.tuples(channels, purposes), moments, st.integers(1, 99))
def test_nothing_earlier_than_the_time_named_is_allowed(zip_code, made, way, now, share):
    facts = build(zip_code, made, now)
    answer = ask(facts, *way, now)
    if answer.allowed_from is not None:
        between = now + (answer.allowed_from - now) * share / 100
        assert not ask(facts, *way, between).allowed


@given(zips, moments, channels, purposes)
def test_an_opt_out_of_everything_closes_everything(zip_code, now, channel, purpose):
    facts = replace(build(zip_code, [], now), statements=(Statement(now, False),))
    assert ask(facts, channel, purpose, now).reason == "opted_out"


@given(st.sampled_from(sorted(STATES)), moments)
def test_a_state_never_allows_what_the_country_forbids(state, now):
    facts = replace(GEORGIA, zones=STATE_ZONES[state], states=(state,))
    elsewhere = replace(facts, states=("GA",))
    assert not (ask(facts, now=now).allowed and not ask(elsewhere, now=now).allowed)


@given(moments, contacts)
def test_more_contacts_never_open_anything(now, made):
    facts = build("33101", made, now)
    more = replace(facts, outbound=(*facts.outbound, Contact(now, "call", "marketing")))
    for purpose in NEEDS:
        assert not (
            ask(more, "call", purpose, now).allowed > ask(facts, "call", purpose, now).allowed
        )
