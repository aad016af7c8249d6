"""What vPIC says, in the shop's words."""

import pytest

from crm import decoder, vin
from crm.seeding.vehicles import patterns


def test_decode_of_a_clean_vin_names_everything() -> None:
    assert decoder.decode("1FTFW1E51LFA67890") == decoder.Decoded(
        vin="1FTFW1E51LFA67890",
        year=2020,
        make="Ford",
        model="F-150",
        trim="",
        engine="5.0L V8",
        body="Pickup",
        drive="4WD/4-Wheel Drive/4x4",
        is_clean=True,
    )


@pytest.mark.parametrize(
    ("number", "year", "make", "model", "trim"),
    [
        ("WBSPM9C58AE202461", 2010, "BMW", "3 Series", "M3"),
        ("WDDGF8AB1EA912345", 2014, "Mercedes-Benz", "C-Class", "C300 4 MATIC"),
        ("SALGS2FV1HA338123", 2017, "Land Rover", "Range Rover", "HSE"),
        ("5YJ3E1EA7KF317000", 2019, "Tesla", "Model 3", ""),
    ],
)
def test_decode_gives_the_names_that_people_use(
    number: str, year: int, make: str, model: str, trim: str
) -> None:
    decoded = decoder.decode(number)
    assert decoded is not None
    assert (decoded.year, decoded.make, decoded.model, decoded.trim) == (year, make, model, trim)


def test_decode_of_the_seeds_example_is_not_clean() -> None:
    decoded = decoder.decode("1FTFW1ET5LFA67890")
    assert decoded is not None
    assert (decoded.model, decoded.is_clean) == ("F-150", False)


def test_decode_of_an_electric_car_says_electric() -> None:
    decoded = decoder.decode("5YJ3E1EA7KF317000")
    assert decoded is not None
    assert decoded.engine == "Electric"


@pytest.mark.parametrize("text", ["", "junk", "1FTFW1E51LFA6789O", "11111111111111111"])
def test_decode_of_no_vin_is_none(text: str) -> None:
    assert decoder.decode(text) is None


def test_decode_forgives_case_blanks_and_hyphens() -> None:
    assert decoder.decode(" 1ftfw1e5-1lfa67890 ") == decoder.decode("1FTFW1E51LFA67890")


def test_decode_many_keeps_order_and_gaps() -> None:
    found = decoder.decode_many(["junk", "1FTFW1E51LFA67890", ""])
    assert [entry and entry.make for entry in found] == [None, "Ford", None]


def test_each_vin_pattern_decodes_to_its_make_model_and_year() -> None:
    composed = [
        (
            pattern,
            vin.compose(
                wmi=pattern.wmi,
                descriptor=f"{fourth}{pattern.series}{engine}",
                year=pattern.year,
                plant=plant,
                serial="A00123" if pattern.make == "Ford" else "100123",
            ),
        )
        for pattern in patterns()
        for fourth, engine, plant, _ in pattern.options
    ]
    decoded = decoder.decode_many(number for _, number in composed)
    wrong = [
        (number, pattern.make, pattern.model, pattern.year, found)
        for (pattern, number), found in zip(composed, decoded, strict=True)
        if found is None
        or not found.is_clean
        or (found.make, found.model, found.year) != (pattern.make, pattern.model, pattern.year)
    ]
    assert wrong == []
