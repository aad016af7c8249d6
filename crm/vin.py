"""Vehicle identification numbers: check digit, model year, composition.

Source: 49 CFR 565.15 (weights, transliteration, model-year codes). Standard library only.
"""

import re

ALPHABET = "0123456789ABCDEFGHJKLMNPRSTUVWXYZ"
SHAPE = re.compile(r"[A-HJ-NPR-Z0-9]{17}")
WEIGHTS = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)
YEAR_CODES = "ABCDEFGHJKLMNPRSTVWXY123456789"
FIRST_CYCLE = 1980

VALUES = {char: int(char) for char in "0123456789"} | dict(
    zip("ABCDEFGHJKLMNPRSTUVWXYZ", (*range(1, 9), *range(1, 6), 7, 9, *range(2, 10)), strict=True)
)


def normalise(text: str) -> str:
    """Upper case without spaces and hyphens, as people type and scanners read."""
    return re.sub(r"[\s\-]", "", text).upper()


def check_digit(vin: str) -> str:
    """What the ninth of the 17 characters of `vin` ought to be: 0-9 or X."""
    remainder = sum(VALUES[c] * w for c, w in zip(vin, WEIGHTS, strict=True)) % 11
    return "X" if remainder == 10 else str(remainder)


def model_years(vin: str) -> tuple[int, ...]:
    """The years that the tenth character can mean, oldest first; empty for U, Z and 0.

    The code repeats every 30 years; the seventh character tells the cycles apart only for
    vehicles up to 10,000 lb, so both are returned.
    """
    index = YEAR_CODES.find(vin[9])
    return () if index < 0 else (FIRST_CYCLE + index, FIRST_CYCLE + 30 + index)


def likely_model_year(vin: str, latest: int) -> int | None:
    """The likeliest year up to `latest`: a letter in the seventh place means 2010 or later."""
    years = [year for year in model_years(vin) if year <= latest]
    if not years:
        return None
    return years[-1] if vin[6].isalpha() or len(years) == 1 else years[0]


def year_code(year: int) -> str:
    """The tenth character of model year `year` (1980 to 2039)."""
    return YEAR_CODES[(year - FIRST_CYCLE) % 30]


def compose(*, wmi: str, descriptor: str, year: int, plant: str, serial: str) -> str:
    """A VIN with the right check digit from its parts.

    `wmi` has 3 characters, `descriptor` 5 (places 4-8), `plant` 1, `serial` 6.
    """
    body = f"{wmi}{descriptor}0{year_code(year)}{plant}{serial}"
    return f"{body[:8]}{check_digit(body)}{body[9:]}"


def problem(vin: str, year: int | None = None) -> str:
    """Why `vin` is not a valid VIN of model year `year`; empty when it is.

    One sentence that names the fault and the remedy.
    """
    if len(vin) != 17:
        return f"A VIN has 17 characters; this one has {len(vin)}."
    wrong = sorted(set(vin) - set(ALPHABET))
    if wrong:
        return f"A VIN has no {', '.join(wrong)}; look for 1 instead of I and 0 instead of O or Q."
    expected = check_digit(vin)
    if vin[8] != expected:
        return (
            f"The check digit (ninth character) is {vin[8]} but should be {expected}: "
            "one of the characters is mistyped."
        )
    years = model_years(vin)
    if not years:
        return f"The tenth character {vin[9]} stands for no model year."
    if year is not None and year not in years:
        return f"The VIN says model year {years[0]} or {years[1]}, not {year}."
    return ""
