"""What people say, and what it means."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telephony import speech

TODAY = date(2026, 11, 21)


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("March 14th 1985", date(1985, 3, 14)),
        ("the fourteenth of march nineteen eighty five", date(1985, 3, 14)),
        ("It's March fourteen, nineteen eighty-five.", date(1985, 3, 14)),
        ("3/14/85", date(1985, 3, 14)),
        ("14/3/1985", date(1985, 3, 14)),
        ("3/4/1985", date(1985, 3, 4)),
        ("1985-03-14", date(1985, 3, 14)),
        ("03141985", date(1985, 3, 14)),
        ("19850314", date(1985, 3, 14)),
        ("three fourteen eighty five", date(1985, 3, 14)),
        ("oh three fourteen eighty-five", date(1985, 3, 14)),
        ("zero three one four one nine eight five", date(1985, 3, 14)),
        ("one two nineteen eighty five", date(1985, 1, 2)),
        ("May first oh four", date(2004, 5, 1)),
        ("may twenty first two thousand three", date(2003, 5, 21)),
        ("june eleventh twenty ten", date(2010, 6, 11)),
        ("march twenty nineteen eighty five", date(1985, 3, 20)),
        ("december third nineteen oh five", date(1905, 12, 3)),
        ("february twenty ninth nineteen eighty four", date(1984, 2, 29)),
        ("1985 March 14", date(1985, 3, 14)),
        ("twelve thirty one ninety nine", date(1999, 12, 31)),
        ("one one twenty six", date(2026, 1, 1)),
        ("one one twenty seven", date(1927, 1, 1)),
    ],
)
def test_date_said_is_read(said: str, meant: date) -> None:
    assert speech.spoken_date(said, as_of=TODAY) == meant


@pytest.mark.parametrize(
    "said",
    [
        "", "no idea", "March", "March fourteen", "February thirtieth 1985", "nineteen eighty five",
        "13/13/1985", "3/14/985", "February 29 1985", "1 2 3 4 5 6 7 8 9",
    ],
)  # fmt: skip
def test_date_that_is_none_or_uncertain_is_not_guessed(said: str) -> None:
    assert speech.spoken_date(said, as_of=TODAY) is None


_MONTHS = [date(2000, month, 1).strftime("%B") for month in range(1, 13)]


@given(st.dates(date(1900, 1, 1), date(2026, 11, 21)))
def test_every_date_is_read_in_each_common_writing(day: date) -> None:
    for text in (
        day.isoformat(),
        f"{day.month}/{day.day}/{day.year}",
        f"{day:%m%d%Y}",
        f"{_MONTHS[day.month - 1]} {day.day}, {day.year}",
        f"the {day.day} of {_MONTHS[day.month - 1]} {day.year}",
    ):
        assert speech.spoken_date(text, as_of=TODAY) == day, text


@given(st.text(max_size=60))
def test_no_text_breaks_the_reading(text: str) -> None:
    speech.spoken_date(text, as_of=TODAY)
    speech.spoken_month(text, as_of=TODAY)
    speech.spelled(text)
    speech.street_words(text)
    assert speech.digits(text) == "" or speech.digits(text).isdigit()


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("two oh five, triple five, oh one four two", "2055550142"),
        ("(205) 555-0142", "2055550142"),
        ("double four twelve hundred", "441200"),
        ("two thousand and three", "2003"),
        ("one hundred and five", "105"),
        ("forty two", "42"),
        ("niner", "9"),
    ],
)
def test_digits_in_words_are_digits(said: str, meant: str) -> None:
    assert speech.digits(said) == meant


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("tango sierra tango one two three four", "TST1234"),
        ("T as in Tom, S for Sam, T, 1234", "TST1234"),
        ("TST-1234", "TST1234"),
        ("my plate is tst dash twelve thirty four", "TST1234"),
        ("L F A zero zero zero zero one", "LFA00001"),
        ("Lima, Foxtrot, Alfa, double oh, double oh, one", "LFA00001"),
        ("double u romeo x-ray nine niner", "WRX99"),
        ("it is GOFAST", "GOFAST"),
    ],
)
def test_spelled_letters_are_put_together(said: str, meant: str) -> None:
    assert speech.spelled(said) == meant


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("12 Peachtree Street", "12 peachtree st"),
        ("Twelve Peachtree St.", "12 peachtree st"),
        ("Twelve North Fifth Avenue", "12 n 5th ave"),
        ("twelve ten peachtree road number four", "1210 peachtree rd unit 4"),
        ("12 Main St #4", "12 main st unit 4"),
        ("101 Twenty Third Street", "101 23rd st"),
        ("five Eleventh Street", "5 11th st"),
        ("Atlanta, three oh three oh nine", "atlanta 30309"),
        ("100 Highway 41 30309", "100 hwy 41 30309"),
    ],
)
def test_street_in_one_notation(said: str, meant: str) -> None:
    assert " ".join(speech.street_words(said)) == meant


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("an oil change in March", (None, 3)),
        ("brakes, May of 2025", (2025, 5)),
        ("last month", (2026, 10)),
        ("earlier this month", (2026, 11)),
        ("June 3rd 2026", (2026, 6)),
        ("I forgot", None),
    ],
)
def test_month_said_is_read(said: str, meant: tuple[int | None, int] | None) -> None:
    assert speech.spoken_month(said, as_of=TODAY) == meant
