"""Telephone numbers as people write them, to E.164 and back."""

import re

import phonenumbers

# Stands for the number of a caller who kept it back.
WITHHELD = "anonymous"
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
    if not phonenumbers.is_possible_number(number):
        raise ValueError(
            f"“{text}” has too few or too many digits. "
            "Write ten digits, for example (205) 555-0142."
        )
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164), extension


def display(e164: str) -> str:
    """National notation for US numbers, international for others; other text unchanged."""
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


def digits(text: str) -> str:
    """The digits of `text`, without a leading US country code."""
    found = re.sub(r"\D", "", text)
    return found[1:] if len(found) == 11 and found[0] == "1" else found
