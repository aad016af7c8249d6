"""VIN rules, worked examples first, then properties, then parity with the SQL twin."""

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from crm import vin

parts = st.builds(
    vin.compose,
    wmi=st.text(vin.ALPHABET, min_size=3, max_size=3),
    descriptor=st.text(vin.ALPHABET, min_size=5, max_size=5),
    year=st.integers(1980, 2039),
    plant=st.sampled_from(vin.ALPHABET),
    serial=st.text("0123456789", min_size=6, max_size=6),
)


@pytest.mark.parametrize(
    ("number", "year", "says"),
    [
        ("1M8GDM9AXKP042788", 1989, ""),
        ("1FTFW1E51LFA67890", 2020, ""),
        ("1FTFW1ET5LFA67890", 2020, "should be 3"),
        ("1FTFW1E51LFA6789", 2020, "this one has 16"),
        ("1FTFW1E51LFO67890", 2020, "no O"),
        ("1FTFW1E51LFA67890", 2021, "1990 or 2020, not 2021"),
    ],
)
def test_problem_of_known_numbers_names_the_fault(number, year, says):
    fault = vin.problem(number, year)
    assert fault == "" if not says else says in fault


@pytest.mark.parametrize("year", range(1980, 2040))
def test_year_code_of_every_year_reads_back(year):
    number = vin.compose(wmi="1FT", descriptor="FW1E5", year=year, plant="F", serial="A67890")
    assert year in vin.model_years(number)


@pytest.mark.parametrize(
    ("number", "year"), [("1M8GDM9AXKP042788", 1989), ("1FTFW1E51LFA67890", 2020)]
)
def test_likely_model_year_follows_the_seventh_character(number, year):
    assert vin.likely_model_year(number, latest=2026) == year


@given(parts)
def test_compose_any_parts_is_valid(number):
    assert vin.problem(number) == ""


@given(parts, st.integers(0, 16), st.sampled_from(vin.ALPHABET))
def test_check_digit_one_character_changed_is_noticed_unless_equivalent(number, place, char):
    changed = number[:place] + char + number[place + 1 :]
    same_value = vin.VALUES[char] == vin.VALUES[number[place]]
    if place not in (8, 9) and not same_value:
        # Weights are coprime to 11 except place 9, so every real change shows.
        assert vin.problem(changed) != ""


@pytest.mark.django_db
def test_sql_twin_agrees_with_python():
    # vPIC-like numbers, random ones and broken ones; one round trip.
    import random

    rng = random.Random(7)
    cases = []
    for _ in range(2000):
        year = rng.randint(1980, 2039)
        number = vin.compose(
            wmi="".join(rng.choices(vin.ALPHABET, k=3)),
            descriptor="".join(rng.choices(vin.ALPHABET, k=5)),
            year=year,
            plant=rng.choice(vin.ALPHABET),
            serial="".join(rng.choices(vin.ALPHABET, k=6)),
        )
        if rng.random() < 0.5:
            place = rng.randrange(17)
            number = number[:place] + rng.choice(vin.ALPHABET + "IOQ ") + number[place + 1 :]
        cases.append((number, year + rng.choice((0, 0, 0, 1, 30))))
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT vin_is_valid(n, y) FROM unnest(%s::text[], %s::int[]) WITH ORDINALITY"
            " AS t (n, y, i) ORDER BY i",
            [[number for number, _ in cases], [year for _, year in cases]],
        )
        sql = [row[0] for row in cursor.fetchall()]
    python = [vin.problem(number, year) == "" for number, year in cases]
    assert sql == python
    assert 400 < sum(python) < 1900
