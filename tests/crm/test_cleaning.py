import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm import cleaning, phones
from crm.exceptions import Invalid


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("(205) 555-0142", ("+12055550142", "")),
        ("205.555.0142 ext. 7", ("+12055550142", "7")),
        ("1-205-555-0142", ("+12055550142", "")),
        ("+44 20 7946 0018", ("+442079460018", "")),
    ],
)
def test_phone_in_any_notation_becomes_e164(typed, stored):
    assert phones.parse(typed) == stored


@given(st.from_regex(r"\+1[0-9]{10}", fullmatch=True))
def test_phone_of_north_america_reads_as_the_numbering_plans_write_it(number):
    parsed = phonenumbers.parse(number, None)
    national = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.NATIONAL)
    assert phones.display(number) == national


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        ("+442079460018", "+44 20 7946 0018"),
        ("+18005550", "800-5550"),
        ("anonymous", "number withheld"),
        ("12", "12"),
    ],
)
def test_phone_of_elsewhere_and_none_at_all_read_well(number, shown):
    assert phones.display(number) == shown


@pytest.mark.parametrize("typed", ["", "call me", "555", "555-0142", "12345678901234567890"])
def test_phone_that_is_none_is_refused_with_an_example(typed):
    with pytest.raises(ValueError, match=r"\(205\) 555-0142"):
        phones.parse(typed)


@pytest.mark.parametrize(
    ("clean", "typed", "stored"),
    [
        (cleaning.clean_state, "georgia", "GA"),
        (cleaning.clean_state, "N. Carolina".replace("N.", "North"), "NC"),
        (cleaning.clean_state, "tn", "TN"),
        (cleaning.clean_state, "", None),
        (cleaning.clean_zip, "30309", "30309"),
        (cleaning.clean_zip, "2134", "02134"),
        (cleaning.clean_zip, "303091234", "30309-1234"),
        (cleaning.clean_zip, "30309.0", "30309"),
        (cleaning.clean_plate, " abc  123 ", "ABC 123"),
        (cleaning.clean_vin, "1ftfw1e51-lfa 67890", "1FTFW1E51LFA67890"),
        (cleaning.clean_line, " two\twords\x00 ", "two words"),
        (cleaning.clean_email, " A@b.co ", "A@b.co"),
    ],
)
def test_clean_typed_text_gives_stored_form(clean, typed, stored):
    assert clean(typed) == stored


@pytest.mark.parametrize(
    ("field", "value"),
    [("state", "Georgiana"), ("zip_code", "12"), ("email", "nobody"), ("first_name", "  ")],
)
def test_clean_customer_bad_value_names_the_field(field, value):
    with pytest.raises(Invalid) as refusal:
        cleaning.clean_customer({field: value})
    assert refusal.value.field == field


def test_clean_vehicle_bad_check_digit_stands_with_a_reason():
    data = {"vin": "1FTFW1ET5LFA67890", "year": 2020}
    with pytest.raises(Invalid, match="should be 3"):
        cleaning.clean_vehicle(data)
    assert cleaning.clean_vehicle(data | {"vin_exception_reason": "Grey import"})["vin"]
