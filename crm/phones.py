"""Telephone numbers as people write them, to E.164 and back."""

import re
from collections.abc import Collection

import phonenumbers
from phonenumbers import PhoneNumberType, ValidationResult

# Stands for the number of a caller who kept it back.
WITHHELD = "anonymous"
# Of North American numbers the vendor's list knows neither: codes such as 911 in place of an area
# code, and the exchange 976, which charges whoever calls.
_SERVICE_CODE = re.compile(r"\+1\d11")
_SHORT_CODE = re.compile(r"[2-9]11|112|988")
_PAID_EXCHANGE = re.compile(r"\+1\d{3}976")
_PAID = (PhoneNumberType.PREMIUM_RATE, PhoneNumberType.SHARED_COST)
# What nearly all numbers of a page are: written without a look at the world's numbering plans.
_NORTH_AMERICAN = re.compile(r"\+1([2-9]\d{2})(\d{3})(\d{4})")
_EXTENSION = re.compile(r"(?:ext\.?|x|#|extension)\s*(\d{1,7})\s*$", re.IGNORECASE)


def parse(text: str, region: str = "US") -> tuple[str, str]:
    """(E.164 number, extension or "") of what somebody typed.

    Raises ValueError with a sentence for a person when it is no telephone number of a length
    that exists. A number's area code is not checked against the numbering plan in force, as
    plans gain codes faster than programs are updated.
    """
    match = _EXTENSION.search(text)
    extension = match[1] if match else ""
    bare = text[: match.start()] if match else text
    try:
        number = phonenumbers.parse(bare, region)
    except phonenumbers.NumberParseException as error:
        raise ValueError(
            f"“{text}” is not a telephone number. Write ten digits, for example (205) 555-0142."
        ) from error
    # Seven digits without an area code are "possible" too, but no address in E.164.
    if phonenumbers.is_possible_number_with_reason(number) != ValidationResult.IS_POSSIBLE:
        raise ValueError(
            f"“{text}” has too few or too many digits. "
            "Write ten digits, for example (205) 555-0142."
        )
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164), extension


def display(e164: str) -> str:
    """National notation for US numbers, international for others; other text unchanged."""
    if match := _NORTH_AMERICAN.fullmatch(e164):
        return "({}) {}-{}".format(*match.groups())
    if e164 == WITHHELD:
        return "number withheld"
    try:
        number = phonenumbers.parse(e164, None)
    except phonenumbers.NumberParseException:
        return e164
    style = (
        phonenumbers.PhoneNumberFormat.NATIONAL
        if number.country_code == 1
        else phonenumbers.PhoneNumberFormat.INTERNATIONAL
    )
    return phonenumbers.format_number(number, style)


def objection(e164: str) -> str:
    """Why no program of ours may dial `e164`, as a sentence; "" when one may."""
    number = phonenumbers.parse(e164, None)
    if _SERVICE_CODE.match(e164):
        return f"{display(e164)} begins with a service code, not with an area code."
    if _PAID_EXCHANGE.match(e164) or phonenumbers.number_type(number) in _PAID:
        return f"{display(e164)} charges whoever calls it."
    return ""


def is_short_code(text: str) -> bool:
    """Whether `text` is an emergency or service number such as 911, which is no E.164 number."""
    return bool(_SHORT_CODE.fullmatch(digits(text)))


def is_in(e164: str, countries: Collection[str]) -> bool:
    """Whether the number belongs to one of `countries` (ISO 3166). One of an area that nobody has
    listed yet counts as the main country of its code; satellites belong to none."""
    number = phonenumbers.parse(e164, None)
    code = number.country_code or 0
    country = phonenumbers.region_code_for_number(number)
    return (country or phonenumbers.region_code_for_country_code(code)) in countries


def digits(text: str) -> str:
    """The digits of `text`, without a leading US country code."""
    found = re.sub(r"\D", "", text)
    return found[1:] if len(found) == 11 and found[0] == "1" else found
