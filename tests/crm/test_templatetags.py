from datetime import UTC, datetime
from typing import Any

import pytest
from django import forms
from django.template import Context, Template, TemplateSyntaxError
from django.test import RequestFactory

from crm.templatetags import lanewise


def rendered(source: str, **context: Any) -> str:
    return Template(source).render(Context(context)).strip()


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (1234.5, "$1,234.50"),
        ("0", "$0.00"),
        (-3, "\N{MINUS SIGN}$3.00"),
        (None, ""),
        ("n/a", ""),
    ],
)
def test_money_is_grouped_with_two_decimals(value: Any, expected: str) -> None:
    assert lanewise.money(value) == expected


def test_money_in_another_currency_names_it(settings: Any) -> None:
    settings.DEALERSHIP_CURRENCY = "MXN"
    assert lanewise.money(10) == "MXN 10.00"


def test_phone_and_mileage_read_well() -> None:
    assert lanewise.phone("+12055550142") == "(205) 555-0142"
    assert lanewise.phone(None) == ""
    assert lanewise.mileage(48213) == "48,213 mi"
    assert lanewise.mileage(None) == ""


@pytest.mark.parametrize(
    ("instant", "clock"),
    [
        (datetime(2026, 11, 1, 5, 30, tzinfo=UTC), "1:30 AM"),
        (datetime(2026, 11, 1, 6, 30, tzinfo=UTC), "1:30 AM"),
        (datetime(2026, 11, 21, 14, 30, tzinfo=UTC), "9:30 AM"),
    ],
)
def test_times_are_the_shops_over_the_change_of_clocks(instant: datetime, clock: str) -> None:
    assert lanewise.clock(instant) == clock
    assert lanewise.localtime(instant).endswith(clock)


def test_shop_date_is_the_shops_day_not_utcs() -> None:
    assert lanewise.shop_date(datetime(2026, 11, 21, 3, 0, tzinfo=UTC)) == "Nov. 20, 2026"


def test_badge_has_words_and_icon_besides_colour() -> None:
    html = rendered("{% badge 'no_show' %}")
    assert "lw-badge-danger" in html
    assert "No show" in html
    assert "<svg" in html


def test_badge_unknown_value_is_neutral_and_escaped() -> None:
    html = rendered("{% badge value %}", value="<b>odd</b>")
    assert "lw-badge-neutral" in html
    assert "<b>" not in html


def test_icon_is_decorative_unless_labelled() -> None:
    assert 'aria-hidden="true"' in rendered("{% icon 'car' %}")
    assert 'role="img" aria-label="&lt;Car&gt;"' in rendered(
        "{% icon 'car' label %}", label="<Car>"
    )


def test_icon_unknown_fails_when_the_page_is_written() -> None:
    with pytest.raises(TemplateSyntaxError, match="no icon named"):
        rendered("{% icon 'no-such-icon' %}")


class SampleForm(forms.Form):
    name = forms.CharField(help_text="As on the licence.")


def test_field_with_error_names_hint_and_error() -> None:
    html = rendered("{% field form.name %}", form=SampleForm({}))
    assert 'aria-describedby="id_name_hint id_name_error"' in html
    assert 'aria-invalid="true"' in html
    assert 'id="id_name_error" class="invalid-feedback"' in html


def test_field_without_error_names_hint_only() -> None:
    html = rendered("{% field form.name autocomplete='off' %}", form=SampleForm())
    assert 'aria-describedby="id_name_hint"' in html
    assert 'autocomplete="off"' in html
    assert "aria-invalid" not in html


@pytest.mark.parametrize(
    ("query", "link", "direction"),
    [
        ("", "?sort=name", None),
        ("sort=name&q=a", "?sort=-name&amp;q=a", "ascending"),
        ("sort=-name&after=x", "?sort=name", "descending"),
    ],
)
def test_sort_header_turns_round_and_forgets_the_page(
    query: str, link: str, direction: str | None
) -> None:
    request = RequestFactory().get(f"/?{query}")
    html = rendered("{% sort_header 'name' 'Name' %}", request=request)
    assert f'href="{link}"' in html
    assert (f'aria-sort="{direction}"' in html) if direction else ("aria-sort" not in html)
