from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.exceptions import Invalid
from crm.importing import parsing
from crm.importing.dates import DAY_FIRST, MONTH_FIRST, Evidence, orders_of, parse_date
from crm.importing.fields import FIELDS
from crm.importing.matching import checked, guess, missing

TODAY = date(2026, 11, 21)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2021-03-05", date(2021, 3, 5)),
        ("2021/3/5", date(2021, 3, 5)),
        ("20210305", date(2021, 3, 5)),
        ("3/5/2021", date(2021, 3, 5)),
        ("25/12/2020", date(2020, 12, 25)),
        ("5.3.2021", date(2021, 3, 5)),
        ("3/5/64", date(1964, 3, 5)),
        ("3/5/26", date(2026, 3, 5)),
        ("3/5/27", date(1927, 3, 5)),
        ("Mar 5, 2021", date(2021, 3, 5)),
        ("March 5th, 2021", date(2021, 3, 5)),
        ("5-Mar-21", date(2021, 3, 5)),
        ("Friday, Sept 5, 2021", date(2021, 9, 5)),
        ("44260", date(2021, 3, 5)),
        ("44260.5", date(2021, 3, 5)),
        ("2021-03-05 14:30:00", date(2021, 3, 5)),
        ("2021-03-05T14:30:00Z", date(2021, 3, 5)),
        ("3/5/2021 2:30 PM", date(2021, 3, 5)),
    ],
)
def test_parse_date_of_each_style(text: str, expected: date) -> None:
    assert parse_date(text, today=TODAY) == expected


@pytest.mark.parametrize(
    "text", ["2021", "13/13/2021", "02/30/1980", "soon", "99999", "1/1/1700", "0"]
)
def test_parse_date_of_no_date_says_what_to_write(text: str) -> None:
    with pytest.raises(ValueError, match=r"2021-03-05|Check"):
        parse_date(text, today=TODAY)


def test_orders_of_a_column_follow_its_evidence() -> None:
    assert orders_of(["1/2/2021", "12/25/2020"])["/"] == MONTH_FIRST
    assert orders_of(["1/2/2021", "25/12/2020"])["/"] == DAY_FIRST
    assert orders_of(["1/2/2021"])["/"] == MONTH_FIRST
    assert orders_of(["1.2.2021"])["."] == DAY_FIRST


def test_one_slip_among_many_does_not_decide() -> None:
    assert orders_of(["12/25/2020"] * 99 + ["25/12/2020"])["/"] == MONTH_FIRST


def test_column_that_contradicts_itself_leaves_ambiguous_dates_to_people() -> None:
    orders = orders_of(["12/25/2020", "25/12/2020"])

    assert parse_date("12/25/2020", orders, today=TODAY) == date(2020, 12, 25)
    assert parse_date("3/3/2021", orders, today=TODAY) == date(2021, 3, 3)
    with pytest.raises(ValueError, match="two ways"):
        parse_date("3/4/2021", orders, today=TODAY)


@given(st.dates(date(1930, 1, 1), date(2026, 11, 21)))
def test_every_date_comes_back_in_every_style(day: date) -> None:
    serial = str((day - date(1899, 12, 30)).days)
    styles = [day.isoformat(), f"{day:%m/%d/%Y}", f"{day:%B} {day.day}, {day.year}", serial]

    assert {parse_date(text, today=TODAY) for text in styles} == {day}


@given(st.lists(st.dates(date(1930, 1, 1), date(2026, 1, 1)), min_size=1))
def test_day_first_columns_are_read_day_first_whenever_a_value_shows_it(days: list[date]) -> None:
    texts = [f"{day:%d/%m/%Y}" for day in days]
    evidence = Evidence()
    for text in texts:
        evidence.see(text)
    if evidence.day_first["/"]:
        assert [parse_date(t, evidence.orders(), today=TODAY) for t in texts] == days


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("MCDONALD-O'BRIEN", "McDonald-O'Brien"),
        ("DE LA CRUZ", "De La Cruz"),
        ("john", "John"),
        ("van Dyke", "van Dyke"),
        ("JOHN SMITH III", "John Smith III"),
        ("JOE'S GARAGE LLC", "Joe's Garage LLC"),
        ("123 MAIN ST NE", "123 Main St NE"),
    ],
)
def test_smart_case_changes_only_shouting_and_whispering(text: str, expected: str) -> None:
    assert parsing.smart_case(text) == expected


def test_guessed_case_is_told_apart_from_a_persons_decision() -> None:
    assert isinstance(parsing.smart_case("SMITH"), parsing.GuessedCase)
    assert not isinstance(parsing.smart_case("Smith"), parsing.GuessedCase)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("SMITH, JOHN A", ("JOHN A", "SMITH")),
        ("John A Smith", ("John", "A Smith")),
        ("Smith Jr, John", ("John", "Smith Jr")),
        ("John Smith, Jr.", ("John", "Smith, Jr.")),
        ("Madonna", ("", "Madonna")),
    ],
)
def test_split_name(text: str, expected: tuple[str, str]) -> None:
    assert parsing.split_name(text) == expected


@pytest.mark.parametrize("text", ["000-000-0000", "(555) 555-5555", "123-456-7890", "12"])
def test_parse_phone_refuses_fillers(text: str) -> None:
    with pytest.raises(ValueError, match="Write"):
        parsing.parse_phone(text)


@pytest.mark.parametrize(
    ("text", "miles"),
    [("45,120", 45120), ("45120.0", 45120), ("45120 mi", 45120), ("45k", 45000), ("1.5k", 1500)],
)
def test_parse_mileage(text: str, miles: int) -> None:
    assert parsing.parse_mileage(text) == miles


@pytest.mark.parametrize("text", ["-5", "3000000", "12,34", "many"])
def test_parse_mileage_refuses(text: str) -> None:
    with pytest.raises(ValueError, match=r"Write|Check"):
        parsing.parse_mileage(text)


@pytest.mark.parametrize(
    ("text", "year"), [("2021", 2021), ("'21", 2021), ("99", 1999), ("2021.0", 2021)]
)
def test_parse_year(text: str, year: int) -> None:
    assert parsing.parse_year(text, 2028) == year


def test_guess_matches_headers_of_dealer_systems() -> None:
    headers = [
        "Cust No", "CustFirstName", "CUST_LAST_NM", "Home Phone", "CELL", "EmailAddr", "Addr1",
        "ST", "Zip", "VehVIN", "VehYear", "Veh Make", "MDL", "Odometer", "Last RO Date", "License#",
    ]  # fmt: skip

    assert list(guess(headers).values()) == [
        None, "first_name", "last_name", "phone_other", "phone", "email", "street_address", "state",
        "zip_code", "vin", "year", "make", "model", "current_mileage", "last_service_date",
        "license_plate",
    ]  # fmt: skip


def test_guess_forgives_a_typing_error_and_leaves_nonsense_alone() -> None:
    assert guess(["Licence Plat", "Frobnicate"]) == {
        "Licence Plat": "license_plate",
        "Frobnicate": None,
    }


@pytest.mark.parametrize("field", FIELDS, ids=lambda field: field.name)
def test_guess_knows_the_name_and_label_of_every_field(field) -> None:
    assert guess([field.label]) == {field.label: field.name}
    assert guess([field.name]) == {field.name: field.name}


def test_checked_mapping_refuses_unknown_and_doubled_fields() -> None:
    assert checked({"phone ": "phone"}, ["Phone", "X"]) == {"Phone": "phone", "X": None}
    for mapping, words in (
        ({"Fax": "phone"}, "no column"),
        ({"Phone": "fax"}, "no field"),
        ({"Phone": "phone", "X": "phone"}, "Two columns"),
    ):
        with pytest.raises(Invalid, match=words):
            checked(mapping, ["Phone", "X"])


def test_missing_wants_something_to_recognise_people_by() -> None:
    assert "recognised" in missing({"A": "first_name"})
    assert missing({"A": "vin"}) == ""


def test_tomorrow_is_never_guessed_into_a_two_digit_year() -> None:
    day = TODAY + timedelta(days=400)

    assert parse_date(f"{day:%m/%d/%y}", today=TODAY).year == day.year - 100
