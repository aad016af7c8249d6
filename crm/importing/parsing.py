"""One cell's text to the value that the table stores.

Each parser returns None for an empty cell or raises ValueError with a sentence that says what
is wrong and what to write instead.
"""

import re
from collections.abc import Callable, Mapping
from uuid import UUID

from crm import cleaning, phones, vin

_BLANK = {
    "", "-", "--", "---", "n/a", "na", "none", "null", "nil", "unknown", "unk", "?", ".", "#n/a",
}  # fmt: skip
_YES = {"y", "yes", "true", "t", "1", "x", "on", "opt in", "opt-in", "in"}
_NO = {"n", "no", "false", "f", "0", "off", "opt out", "opt-out", "out"}
_KEPT_CAPITALS = {
    "BMW", "GMC", "LLC", "LLP", "USA", "II", "III", "IV", "PO", "NE", "NW", "SE", "SW", "DMV",
    "RV", "ATV", "MG", "BYD", "XLT", "LTZ",
}  # fmt: skip

CHOICES: Mapping[str, Mapping[str, str]] = {
    "contact_method": {
        "phone": "phone", "call": "phone", "telephone": "phone", "cell": "phone", "p": "phone",
        "email": "email", "e-mail": "email", "mail": "email", "e": "email",
        "text": "text", "sms": "text", "text message": "text", "t": "text",
    },
    "customer_type": {
        "retail": "retail", "individual": "retail", "personal": "retail", "person": "retail",
        "fleet": "fleet", "business": "fleet", "company": "fleet", "commercial": "fleet",
        "referral": "referral", "referred": "referral",
    },
    "day_time": {
        "morning": "morning", "am": "morning", "afternoon": "afternoon", "pm": "afternoon",
        "noon": "afternoon", "evening": "evening", "night": "evening",
    },
    "vehicle_status": {
        "active": "active", "owned": "active", "current": "active", "sold": "sold",
        "traded": "sold", "totaled": "totaled", "totalled": "totaled", "total loss": "totaled",
    },
}  # fmt: skip


class GuessedCase(str):
    """Text whose capitals we chose, as the file had all or none: not worth changing a record
    that has the same letters in another case."""

    __slots__ = ()


def is_blank(text: str) -> bool:
    return text.strip().lower() in _BLANK


def smart_case(text: str) -> str:
    """MCDONALD-O'BRIEN to McDonald-O'Brien; text in mixed case is somebody's decision and stays."""
    letters = [char for char in text if char.isalpha()]
    if len(letters) < 2 or not (text.isupper() or text.islower()):
        return text
    return GuessedCase(" ".join(_word(word) for word in text.split(" ")))


def _word(word: str) -> str:
    if word.upper() in _KEPT_CAPITALS or any(char.isdigit() for char in word):
        return word.upper()
    parts = re.split(r"([-'\u2019.&/])", word.lower())
    # An s behind an apostrophe is no name of its own: Joe's.
    cased = [
        part
        if len(part) == 1 and index >= 2 and parts[index - 1] in "'\u2019"
        else part[:1].upper() + part[1:]
        for index, part in enumerate(parts)
    ]
    return re.sub(r"\bMc([a-z])", lambda match: f"Mc{match[1].upper()}", "".join(cased))


def car_case(text: str) -> str:
    """As `smart_case`, but short words of models stay as they are: CR-V, X5, TLX."""
    if not text.isupper():
        return text
    words = [word if len(word) <= 3 or "-" in word else _word(word) for word in text.split(" ")]
    return GuessedCase(" ".join(words))


def split_name(text: str) -> tuple[str, str]:
    """(first, last) of “Last, First Middle” or “First Middle Last”; the first word is the first
    name. ("", text) when there is only one word."""
    text = " ".join(text.split())
    last, comma, first = text.partition(",")
    if (
        comma
        and first.strip()
        and first.strip().rstrip(".").upper() not in ("JR", "SR", "II", "III", "LLC", "INC")
    ):
        return first.strip(), last.strip()
    first, _, last = text.partition(" ")
    return (first, last) if last else ("", first)


def parse_line(text: str) -> str | None:
    return cleaning.clean_line(text)


def parse_place(text: str) -> str | None:
    found = cleaning.clean_line(text)
    return smart_case(found) if found else None


def parse_car(text: str) -> str | None:
    found = cleaning.clean_line(text)
    return car_case(found) if found else None


def parse_text(text: str) -> str | None:
    return cleaning.clean_text(text)


def parse_email(text: str) -> str | None:
    email = cleaning.clean_email(text)
    return GuessedCase(email.lower()) if email else None


def parse_phone(text: str) -> tuple[str, str]:
    """(E.164, extension). Fillers such as 000-000-0000 would make one customer of many."""
    number, extension = phones.parse(text)
    if number.startswith("+1"):
        digits = number[2:]
        if digits[0] in "01" or len(set(digits)) == 1 or digits == "1234567890":
            raise ValueError(f"“{text}” is a filler, not a telephone number. Write the real one.")
    return number, extension


def parse_extension(text: str) -> str | None:
    digits = re.sub(r"\D", "", text.removesuffix(".0"))
    if not 1 <= len(digits) <= 7:
        raise ValueError(f"“{text}” is no extension. Write up to seven digits.")
    return digits


def parse_boolean(text: str) -> bool:
    word = text.strip().lower()
    if word not in _YES | _NO:
        raise ValueError(f"“{text}” is neither yes nor no. Write yes or no.")
    return word in _YES


def parse_choice(kind: str, text: str) -> str:
    names = CHOICES[kind]
    found = names.get(text.strip().lower())
    if found is None:
        options = ", ".join(dict.fromkeys(names.values()))
        raise ValueError(f"“{text}” is unknown here. Write one of {options}.")
    return found


def parse_mileage(text: str) -> int:
    """Whole miles of "45,120", "45120.0", "45120 mi" or "45k"."""
    bare = re.sub(r"\s*(mi|mls|miles)\.?$", "", text.strip().lower())
    match = re.fullmatch(r"(\d{1,3}(?:,\d{3})+|\d+)(?:\.(\d+))?(k?)", bare)
    if match is None:
        raise ValueError(f"“{text}” is no mileage. Write whole miles, for example 45120.")
    whole = int(match[1].replace(",", ""))
    miles = int(float(f"{whole}.{match[2] or 0}") * 1000) if match[3] else whole
    if miles > 2_000_000:
        raise ValueError(f"A mileage of {miles:,} is above 2,000,000. Check the odometer.")
    return miles


def parse_year(text: str, latest: int) -> int:
    """A model year up to `latest` of "2021", "2021.0", "'21" or "21"."""
    bare = text.strip().removesuffix(".0").lstrip("'\u2019")
    if not re.fullmatch(r"\d{2}|\d{4}", bare):
        raise ValueError(f"“{text}” is no model year. Write four digits, for example 2021.")
    year = int(bare)
    if len(bare) == 2:
        year += 2000 if year + 2000 <= latest else 1900
    if not 1900 <= year <= latest:
        raise ValueError(f"The model year {year} is not between 1900 and {latest}. Check it.")
    return year


def parse_vin(text: str) -> str:
    return vin.normalise(text)


def parse_id(text: str) -> UUID:
    try:
        return UUID(text.strip())
    except ValueError:
        raise ValueError(f"“{text}” is no Lanewise ID. Leave the cell empty.") from None


SIMPLE: Mapping[str, Callable[[str], object]] = {
    "line": parse_line,
    "name": parse_place,
    "place": parse_place,
    "car": parse_car,
    "text": parse_text,
    "email": parse_email,
    "extension": parse_extension,
    "boolean": parse_boolean,
    "mileage": parse_mileage,
    "state": cleaning.clean_state,
    "zip": cleaning.clean_zip,
    "plate": cleaning.clean_plate,
    "vin": parse_vin,
    "id": parse_id,
}
