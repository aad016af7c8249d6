"""From what people type to what the tables hold. One definition for pages, API and import.

Each function takes text and returns the stored form, or raises ValueError with a sentence that
says what is wrong and what to write instead. Empty text becomes None.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

from crm import phones, vin
from crm.exceptions import Invalid

STATES = {
    "alabama": "AL", "alaska": "AK", "arizona": "AZ", "arkansas": "AR", "california": "CA",
    "colorado": "CO", "connecticut": "CT", "delaware": "DE", "district of columbia": "DC",
    "florida": "FL", "georgia": "GA", "guam": "GU", "hawaii": "HI", "idaho": "ID",
    "illinois": "IL", "indiana": "IN", "iowa": "IA", "kansas": "KS", "kentucky": "KY",
    "louisiana": "LA", "maine": "ME", "maryland": "MD", "massachusetts": "MA", "michigan": "MI",
    "minnesota": "MN", "mississippi": "MS", "missouri": "MO", "montana": "MT", "nebraska": "NE",
    "nevada": "NV", "new hampshire": "NH", "new jersey": "NJ", "new mexico": "NM",
    "new york": "NY", "north carolina": "NC", "north dakota": "ND", "ohio": "OH",
    "oklahoma": "OK", "oregon": "OR", "pennsylvania": "PA", "puerto rico": "PR",
    "rhode island": "RI", "south carolina": "SC", "south dakota": "SD", "tennessee": "TN",
    "texas": "TX", "utah": "UT", "vermont": "VT", "virgin islands": "VI", "virginia": "VA",
    "washington": "WA", "west virginia": "WV", "wisconsin": "WI", "wyoming": "WY",
}  # fmt: skip
_CODES = {*STATES.values(), "AA", "AE", "AP", "AS", "MP"}
_EMAIL = re.compile(r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)+")
_UNSTORABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


def clean_line(text: str) -> str | None:
    """One line: control characters gone, runs of white space to one blank."""
    return re.sub(r"\s+", " ", _UNSTORABLE.sub("", text)).strip() or None


def clean_text(text: str) -> str | None:
    """Several lines, without the control characters that PostgreSQL cannot hold."""
    return _UNSTORABLE.sub("", text).strip() or None


def clean_email(text: str) -> str | None:
    email = text.strip()
    if email and not _EMAIL.fullmatch(email):
        raise ValueError(f"“{email}” is not an e-mail address. Write name@example.com.")
    return email or None


def clean_state(text: str) -> str | None:
    """Two letters, from a code or a full name."""
    bare = re.sub(r"[.\s]+", " ", text).strip()
    code = STATES.get(bare.lower(), bare.upper().replace(" ", ""))
    if code and code not in _CODES:
        raise ValueError(f"“{text}” is no US state. Write its two letters, for example GA.")
    return code or None


def clean_zip(text: str) -> str | None:
    """12345 or 12345-6789; spreadsheets lose leading zeros, which are put back."""
    bare = re.sub(r"\s", "", text).removesuffix(".0")
    digits = bare.replace("-", "")
    if not bare:
        return None
    if not digits.isascii() or not digits.isdigit() or len(digits) not in (3, 4, 5, 8, 9):
        raise ValueError(f"“{text}” is no ZIP code. Write five digits, for example 30309.")
    digits = digits.zfill(5 if len(digits) <= 5 else 9)
    return digits if len(digits) == 5 else f"{digits[:5]}-{digits[5:]}"


def clean_plate(text: str) -> str | None:
    plate = re.sub(r"\s+", " ", text.upper().replace("·", " ")).strip()
    if plate and not re.fullmatch(r"[A-Z0-9][A-Z0-9 -]{0,14}", plate):
        raise ValueError(f"“{text}” is no plate. Letters, digits, blanks and hyphens, at most 15.")
    return plate or None


def clean_vin(text: str) -> str:
    found = vin.normalise(text)
    if not re.fullmatch(r"[A-Z0-9]{5,17}", found):
        raise ValueError("A VIN has 17 letters and digits (5 to 17 before 1981).")
    return found


_CUSTOMER: dict[str, Callable[[str], str | None]] = {
    "first_name": clean_line,
    "last_name": clean_line,
    "email": clean_email,
    "street_address": clean_line,
    "city": clean_line,
    "state": clean_state,
    "zip_code": clean_zip,
    "referral_source": clean_line,
    "notes": clean_text,
}
_VEHICLE: dict[str, Callable[[str], str | None]] = {
    "vin": clean_vin,
    "license_plate": clean_plate,
    "make": clean_line,
    "model": clean_line,
    "trim": clean_line,
    "engine": clean_line,
    "color": clean_line,
}


def _cleaned(
    data: Mapping[str, Any], cleaners: Mapping[str, Callable[[str], str | None]]
) -> dict[str, Any]:
    result = dict(data)
    for field, clean in cleaners.items():
        if isinstance(result.get(field), str):
            try:
                result[field] = clean(result[field])
            except ValueError as error:
                raise Invalid(str(error), field=field) from error
    return result


def clean_customer(data: Mapping[str, Any]) -> dict[str, Any]:
    """Stored forms of a customer's values; raises Invalid at the first bad field.

    A phone with an extension fills `phone_extension` as well.
    """
    result = _cleaned(data, _CUSTOMER)
    if "phone" in result:
        try:
            number, extension = phones.parse(result["phone"] or "")
        except ValueError as error:
            raise Invalid(str(error), field="phone") from error
        result["phone"] = number
        if extension:
            result["phone_extension"] = extension
    for field in ("first_name", "last_name"):
        if field in result and not result[field]:
            raise Invalid(
                "A customer needs a first and a last name.", field=field, remedy="Fill in both."
            )
    return result


def clean_vehicle(data: Mapping[str, Any]) -> dict[str, Any]:
    """Stored forms of a vehicle's values; raises Invalid that says what is wrong with the VIN.

    A `vin_exception_reason` lets an invalid VIN stand.
    """
    result = _cleaned(data, _VEHICLE)
    if "vin" in result and not (result.get("vin_exception_reason") or "").strip():
        fault = vin.problem(result["vin"] or "", result.get("year"))
        if fault:
            raise Invalid(
                fault,
                field="vin",
                remedy="Correct it, or give the reason why an invalid VIN stands.",
            )
    return result
