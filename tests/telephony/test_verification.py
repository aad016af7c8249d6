"""Points, thresholds, lockout and answers, without a database."""

from datetime import UTC, date, datetime, timedelta
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.seeding.menu import MENU
from telephony import verification as rules
from telephony.verification import NOBODY, Factor, Facts

TODAY = date(2026, 11, 21)
NOW = datetime(2026, 11, 21, 15, tzinfo=UTC)
DANA = Facts(
    phone="+12055550142",
    date_of_birth=date(1984, 2, 29),
    street="12 Peachtree Street NE, Apt 4",
    city="Stone Mountain",
    zip_code="30309-1234",
    vins=("1FTFW1C53LFA00001",),
    plates=("TST 1234",),
    services=("Oil and filter change", "Tire rotation"),
    service_date=date(2026, 3, 28),
)


def is_right(factor: Factor, said: str, facts: Facts = DANA) -> bool:
    return rules.is_right(factor, said, facts, as_of=TODAY)


@pytest.mark.parametrize(
    ("passed", "enough"),
    [
        ((), False),
        ((Factor.CALLER,), False),
        ((Factor.BIRTH,), False),
        ((Factor.SERVICE,), False),
        ((Factor.BIRTH, Factor.CALLER), True),
        ((Factor.SERVICE, Factor.CALLER), True),
        ((Factor.BIRTH, Factor.SERVICE), True),
        ((Factor.BIRTH, Factor.VEHICLE), True),
        ((Factor.SERVICE, Factor.ADDRESS), True),
        # Three points of what anybody can see from the street.
        ((Factor.CALLER, Factor.VEHICLE, Factor.ADDRESS), False),
    ],
)
def test_points_and_a_private_fact_open_the_record(
    passed: tuple[Factor, ...], enough: bool
) -> None:
    assert rules.is_enough(passed) == enough


def test_every_subset_opens_exactly_with_three_points_and_a_private_fact() -> None:
    for count in range(len(Factor) + 1):
        for passed in combinations(Factor, count):
            total = sum(rules.POINTS[factor] for factor in passed)
            private = Factor.BIRTH in passed or Factor.SERVICE in passed
            assert rules.is_enough(passed) == (total >= 3 and private)


def test_one_factor_named_twice_counts_once() -> None:
    assert rules.points(["date_of_birth", "date_of_birth"]) == 2


def test_questions_come_in_one_order_and_end() -> None:
    asked: list[str] = []
    while (question := rules.next_question(asked)) is not None:
        asked.append(question.value)
    assert asked == ["date_of_birth", "last_service", "vehicle", "address"]


@pytest.mark.parametrize("limit", [3, 5])
def test_lock_begins_with_the_last_allowed_failure_and_ends_24_hours_after_the_first(
    limit: int,
) -> None:
    failures = [NOW + timedelta(minutes=number) for number in range(limit)]
    last = failures[-1]
    assert rules.locked_until(failures[:-1], limit, last) is None
    assert rules.locked_until(failures, limit, last) == NOW + timedelta(hours=24)
    at_end = NOW + timedelta(hours=24)
    assert rules.locked_until(failures, limit, at_end - timedelta(seconds=1)) is not None
    assert rules.locked_until(failures, limit, at_end) is None


@given(st.lists(st.integers(0, 100), max_size=30))
def test_no_day_holds_more_failures_than_the_limit(gaps: list[int]) -> None:
    """Guesses at any times: those that the lock lets through never exceed five in 24 hours."""
    counted: list[datetime] = []
    now = NOW
    for hours in gaps:
        now += timedelta(hours=hours / 10)
        if rules.locked_until(counted, 5, now) is None:
            counted.append(now)
    for at in counted:
        assert (
            len([other for other in counted if timedelta() <= other - at < rules.LOCK_WINDOW]) <= 5
        )


@pytest.mark.parametrize(
    ("factor", "said"),
    [
        (Factor.BIRTH, "February twenty ninth, nineteen eighty four"),
        (Factor.BIRTH, "2/29/84"),
        (Factor.VEHICLE, "lima foxtrot alpha zero zero zero zero one"),
        (Factor.VEHICLE, "1FTFW1C53LFA00001"),
        (Factor.VEHICLE, "T as in Tom, S, T, twelve thirty four"),
        (Factor.ADDRESS, "12 Peachtree St NE apartment 4, Stone Mountain, Georgia 30309"),
        (Factor.ADDRESS, "twelve peachtree street northeast, three oh three oh nine"),
        (Factor.ADDRESS, "12 Peachtree Street NE, Stone Mountain"),
        (Factor.SERVICE, "You changed the oil, in March I think"),
        (Factor.SERVICE, "tires rotated in April"),
        (Factor.SERVICE, "an oil change on March 28th 2026"),
    ],
)
def test_answer_as_people_speak_is_right(factor: Factor, said: str) -> None:
    assert is_right(factor, said)
    assert not is_right(factor, said, NOBODY)


@pytest.mark.parametrize(
    ("factor", "said"),
    [
        (Factor.BIRTH, "February twenty eighth, nineteen eighty four"),
        (Factor.BIRTH, "February nineteen eighty four"),
        (Factor.BIRTH, ""),
        (Factor.VEHICLE, "zero zero zero one"),
        (Factor.VEHICLE, "2FTFW1C53LFA00001"),
        (Factor.VEHICLE, "TST 123"),
        (Factor.VEHICLE, ""),
        (Factor.ADDRESS, "12 Peachtree Street NE"),
        (Factor.ADDRESS, "14 Peachtree Street NE 30309"),
        (Factor.ADDRESS, "12 Peachtree Avenue NE 30309"),
        (Factor.ADDRESS, "30309"),
        (Factor.ADDRESS, ""),
        (Factor.SERVICE, "an oil change"),
        (Factor.SERVICE, "March"),
        (Factor.SERVICE, "an oil change in May"),
        (Factor.SERVICE, "an oil change in March 2025"),
        (Factor.SERVICE, "brakes in March"),
        (Factor.SERVICE, "oil, tires, brakes or the battery in March"),
        (Factor.SERVICE, "oil in March " + "or so " * 40),
    ],
)
def test_answer_that_is_not_on_file_is_wrong(factor: Factor, said: str) -> None:
    assert not is_right(factor, said)


def test_street_word_may_be_left_out_but_not_swapped() -> None:
    plain = Facts(street="12 Peachtree Street", city="Atlanta", zip_code="30309")
    assert is_right(Factor.ADDRESS, "12 Peachtree, 30309", plain)
    assert is_right(Factor.ADDRESS, "12 Peachtree Atlanta", plain)
    assert not is_right(Factor.ADDRESS, "12 Peachtree Road, 30309", plain)


@given(st.sampled_from(list(rules.QUESTIONS)), st.text(max_size=80))
def test_nothing_is_right_about_nobody(factor: Factor, said: str) -> None:
    assert not is_right(factor, said, NOBODY)


def test_calling_number_counts_when_it_is_the_customers() -> None:
    assert rules.is_calling_number("+12055550142", DANA)
    assert not rules.is_calling_number("+12055550143", DANA)
    assert not rules.is_calling_number("", NOBODY)


def test_every_operation_of_the_menu_has_words_that_name_it() -> None:
    assert [op.description for op in MENU if not rules.kinds_of_work([op.description])] == []


def test_guessing_a_birth_date_takes_years() -> None:
    """Adults' birth dates lie in about 60 years; five wrong ones a day are all anybody gets."""
    candidates = 60 * 365
    days_to_even_odds = candidates / 2 / rules.CUSTOMER_LIMIT
    assert days_to_even_odds > 5 * 365


def test_ten_thousand_guesses_get_five_looked_at() -> None:
    """One a second, on one customer: the rest meets the lock."""
    looked_at: list[datetime] = []
    for second in range(10_000):
        now = NOW + timedelta(seconds=second)
        if rules.locked_until(looked_at, rules.CUSTOMER_LIMIT, now) is None:
            looked_at.append(now)
    assert looked_at == [NOW + timedelta(seconds=second) for second in range(5)]
