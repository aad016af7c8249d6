"""The Today pages: list, sheet, claim, disposition, next, put off; and the card of permissions."""

import csv
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone

from crm import outbound
from crm.enums import Role
from crm.models import Consent, ContactAttempt, ContactDecision, WorkItem
from crm.services.claims import claim
from crm.services.consent import opt_out
from tests.crm.pages import HTMX, count_queries, errors_of, signed_in
from tests.factories import (
    ConsentFactory,
    CustomerFactory,
    ServiceRecordFactory,
    UserFactory,
    VehicleFactory,
    WorkItemFactory,
)

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 18, 17, tzinfo=UTC)
DUE = {"due_at": datetime(2026, 11, 17, tzinfo=UTC)}


@pytest.fixture(autouse=True)
def noon():
    """A Wednesday, noon in Georgia: everybody may be called. The database keeps its own time."""
    with time_machine.travel(NOON):
        yield


def taken(client, **changes) -> WorkItem:
    """An item that the person behind `client` has taken."""
    item = WorkItemFactory(**DUE | changes)
    client.post(reverse("today_claim", args=[item.pk]))
    item.refresh_from_db()
    return item


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_list_shows_who_may_be_called_and_why_others_may_not(headers):
    vehicle = VehicleFactory()
    WorkItemFactory(customer=vehicle.customer, vehicle=vehicle, title="Battery at risk", **DUE)
    away = CustomerFactory(state="HI", zip_code="96813")
    WorkItemFactory(customer=away, title="Asleep in Honolulu", value=999, **DUE)
    page = signed_in().get(reverse("today"), headers=headers).content.decode()
    assert page.index("Battery at risk") < page.index("Asleep in Honolulu")
    assert "It is 7:00 AM for the customer" in page
    assert ("<html" in page) is (headers == {})


def test_list_filters_by_kind_and_mine():
    client = signed_in()
    WorkItemFactory(kind="no_show", title="Missed oil", **DUE)
    taken(client, kind="callback", title="Wants a call")
    page = client.get(reverse("today"), {"kind": "no_show"}).content.decode()
    assert "Missed oil" in page
    assert "Wants a call" not in page
    page = client.get(reverse("today"), {"mine": "on"}).content.decode()
    assert "Missed oil" not in page
    assert "Wants a call" in page


def test_list_is_exported_with_its_filters_and_the_best_first():
    vehicle = VehicleFactory(customer__phone="+12055550142", make="Honda")
    owner = {"customer": vehicle.customer, "vehicle": vehicle}
    WorkItemFactory(kind="missed_call", customer=None, phone="+12055550143", value=1, **DUE)
    WorkItemFactory(kind="battery_lead", value=90, title="=Battery", **owner, **DUE)
    WorkItemFactory(kind="battery_lead", value=99, barred="opted_out", **owner, **DUE)
    WorkItemFactory(kind="no_show", **DUE)
    query = {"kind": ["missed_call", "battery_lead"], "export": "csv"}
    client = signed_in(Role.MANAGER)
    text = b"".join(client.get(reverse("today"), query).streaming_content).decode("utf-8-sig")
    rows = list(csv.DictReader(text.splitlines()))
    assert [(row["Kind"], row["Phone"], row["Never call because"]) for row in rows] == [
        ("Battery lead", "+12055550142", ""),
        ("Missed call", "+12055550143", ""),
        ("Battery lead", "+12055550142", "opted out"),
    ]
    assert (rows[0]["What"], rows[0]["Make"]) == ("'=Battery", "Honda")
    assert "export=xlsx" in client.get(reverse("today")).content.decode()


def test_list_empty_says_so():
    assert "Nobody to contact now" in signed_in().get(reverse("today")).content.decode()


def test_list_costs_the_same_for_one_row_and_for_three():
    client = signed_in()
    WorkItemFactory(**DUE)
    one = count_queries(lambda: client.get(reverse("today")))
    WorkItemFactory.create_batch(2, **DUE)
    assert count_queries(lambda: client.get(reverse("today"))) == one <= 8


def test_list_pages_hold_every_item_once(monkeypatch):
    monkeypatch.setattr("crm.today.WINDOW", 2)
    items = [WorkItemFactory(value=n, title=f"Item {n}", **DUE) for n in (5, 4, 4, 3, 2)]
    client, query, seen = signed_in(), "", []
    while True:
        page = client.get(f"{reverse('today')}?{query}")
        seen += [row["id"] for row in page.context["today"].ready]
        query = page.context["page"].next_query
        if not query:
            break
    assert sorted(seen) == sorted(item.pk for item in items)
    assert seen[0] == items[0].pk


def test_claim_leads_to_the_sheet_with_the_number_and_logs_the_decision(monkeypatch):
    monkeypatch.setattr(outbound, "_dialers", [])
    client = signed_in()
    item = WorkItemFactory(**DUE)
    before = client.get(reverse("today_item", args=[item.pk])).content.decode()
    assert "tel:" not in before
    response = client.post(reverse("today_claim", args=[item.pk]), follow=True)
    assert f'href="tel:{item.customer.phone}"' in response.content.decode()
    assert ContactDecision.objects.get().allowed


def test_sheet_of_a_blocked_customer_offers_no_call():
    client = signed_in()
    item = taken(client)
    opt_out(customer=item.customer, source="page")
    page = client.get(reverse("today_item", args=[item.pk])).content.decode()
    assert "tel:" not in page
    assert "Opted out on November 18, 2026." in page


@pytest.mark.parametrize("allowed_from", ["November 18, 1:00 PM", ""])
def test_claim_is_refused_with_the_reason_while_the_gate_forbids_it(allowed_from):
    client = signed_in()
    item = WorkItemFactory(customer=CustomerFactory(state="HI", zip_code="96813"), **DUE)
    if not allowed_from:
        opt_out(customer=item.customer, source="page")
    sheet = client.get(reverse("today_item", args=[item.pk])).content.decode()
    assert "Take this" not in sheet
    page = client.post(reverse("today_claim", args=[item.pk]), follow=True).content.decode()
    assert ("It is 7:00 AM for the customer" if allowed_from else "Opted out on") in page
    assert (allowed_from or "Waiting does not help.") in page
    item.refresh_from_db()
    assert item.claimed_by is None
    assert not ContactDecision.objects.get().allowed


def test_blocked_item_can_still_be_settled_without_a_call():
    client = signed_in()
    item = WorkItemFactory(customer=CustomerFactory(state="HI", zip_code="96813"), **DUE)
    client.post(reverse("today_done", args=[item.pk]), {"outcome": "done"})
    item.refresh_from_db()
    assert item.outcome == "done"


def test_number_of_nobody_can_be_taken_and_becomes_a_customer():
    client = signed_in()
    item = WorkItemFactory(customer=None, phone="+12055550188", purpose="callback", **DUE)
    page = client.get(reverse("today")).content.decode()
    assert "(205) 555-0188" in page and "not in the books" in page
    client.post(reverse("today_claim", args=[item.pk]))
    sheet = client.get(reverse("today_item", args=[item.pk])).content.decode()
    assert f"{reverse('customer_new')}?phone=%2B12055550188" in sheet
    assert "How did it go?" in sheet
    dial = f"{reverse('telephony:call_place')}?number=%2B12055550188"
    assert f'action="{dial}"' in sheet
    assert ContactDecision.objects.get().phone == "+12055550188"
    client.post(reverse("today_done", args=[item.pk]), {"outcome": "do_not_call"})
    assert Consent.objects.get().phone == "+12055550188"
    other = WorkItemFactory(customer=None, phone="+12055550188", purpose="callback", **DUE)
    refused = client.post(reverse("today_claim", args=[other.pk]), follow=True)
    assert "not to be called" in refused.content.decode()


def test_sheet_uses_the_dialer_that_an_app_brings(monkeypatch):
    monkeypatch.setattr(outbound, "_dialers", [lambda user, key, number: f"/calls/dial/{key}"])
    client = signed_in()
    item = taken(client)
    page = client.get(reverse("today_item", args=[item.pk])).content.decode()
    assert f'action="/calls/dial/{item.customer_id}"' in page
    assert "tel:" not in page


def test_claim_of_what_somebody_else_holds_is_told():
    item = WorkItemFactory(**DUE)
    claim(item=item, by=UserFactory(first_name="Bella"))
    response = signed_in().post(reverse("today_claim", args=[item.pk]), follow=True)
    assert "Somebody else has taken this customer" in response.content.decode()


def test_disposition_saves_and_goes_back_or_on():
    client = signed_in()
    item, following = taken(client, value=500), WorkItemFactory(value=100, **DUE)
    url = reverse("today_done", args=[item.pk])
    response = client.post(url, {"outcome": "no_answer", "note": "Rang", "and_next": "1"})
    assert response.url == reverse("today_item", args=[following.pk])
    attempt = ContactAttempt.objects.get()
    assert (attempt.outcome, attempt.text, attempt.by is not None) == ("no_answer", "Rang", True)
    response = client.post(reverse("today_done", args=[following.pk]), {"outcome": "done"})
    assert response.url == reverse("today")
    assert WorkItem.objects.get(pk=following.pk).closed_at is not None


@pytest.mark.parametrize(
    ("name", "data", "form", "field"),
    [
        ("today_done", {"outcome": ""}, "disposition", "outcome"),
        ("today_done", {"outcome": "fishing"}, "disposition", "outcome"),
        (
            "today_done",
            {"outcome": "callback", "again_at": "2026-01-01T10:00"},
            "disposition",
            "again_at",
        ),
        ("today_snooze", {"until": ""}, "snooze", "until"),
        ("today_snooze", {"until": "soon"}, "snooze", "until"),
        ("today_snooze", {"until": "2020-01-01T10:00"}, "snooze", "until"),
    ],
)
def test_bad_input_is_shown_at_its_field(name, data, form, field):
    client = signed_in()
    response = client.post(reverse(name, args=[taken(client).pk]), data)
    assert response.status_code == 422
    assert list(errors_of(response, form)) == [field]


def test_snooze_takes_the_shops_clock():
    client = signed_in()
    item = taken(client)
    client.post(reverse("today_snooze", args=[item.pk]), {"until": "2026-11-20T10:00"})
    item.refresh_from_db()
    assert item.due_at == datetime(2026, 11, 20, 15, tzinfo=UTC)


def test_release_gives_it_to_others():
    client = signed_in()
    item = taken(client)
    client.post(reverse("today_release", args=[item.pk]))
    item.refresh_from_db()
    assert item.claimed_by is None


def test_next_takes_the_best_or_says_that_nobody_is_left():
    client = signed_in()
    WorkItemFactory(value=10, **DUE)
    best = WorkItemFactory(value=900, **DUE)
    response = client.post(reverse("today_next"))
    assert response.url == reverse("today_item", args=[best.pk])
    WorkItem.objects.all().delete()
    response = client.post(reverse("today_next"), follow=True)
    assert "Nobody is left who may be called now." in response.content.decode()


def test_home_counts_what_waits():
    WorkItemFactory.create_batch(2, **DUE)
    page = signed_in().get(reverse("home")).content.decode()
    assert "<strong>2</strong> to contact" in page


# Permissions of one customer


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_permissions_show_channels_purposes_and_what_was_said(headers):
    customer = ServiceRecordFactory().customer
    ConsentFactory(customer=customer, channel="text", note="On the form")
    url = reverse("customer_permissions", args=[customer.pk])
    page = signed_in().get(url, headers=headers).content.decode()
    assert "Text message: offer" in page
    assert "“On the form”" in page
    assert ("<html" in page) is (headers == {})


def test_permissions_make_the_same_few_queries_whatever_was_said():
    client, customer = signed_in(), CustomerFactory()
    url = reverse("customer_permissions", args=[customer.pk])
    ConsentFactory(customer=customer)
    one = count_queries(lambda: client.get(url, headers=HTMX))
    ConsentFactory.create_batch(2, customer=customer)
    assert count_queries(lambda: client.get(url, headers=HTMX)) == one <= 8


def test_one_click_opts_out_of_everything():
    client, customer = signed_in(), CustomerFactory()
    url = reverse("customer_permissions", args=[customer.pk])
    response = client.post(url, {"statement": "opts_out", "basis": "opt_out"}, follow=True)
    line = Consent.objects.get()
    assert (line.channel, line.purpose, line.revoked_at is not None) == ("", "", True)
    assert line.recorded_by is not None
    assert "Opted out on November 18, 2026." in response.content.decode()


def test_agreement_is_recorded_with_what_it_is_about():
    client, customer = signed_in(), CustomerFactory()
    url = reverse("customer_permissions", args=[customer.pk])
    said = {"statement": "agrees", "channel": "text", "purpose": "marketing", "basis": "written"}
    client.post(url, said)
    line = Consent.objects.get()
    assert (line.granted_at is not None, line.channel, line.basis) == (True, "text", "written")
    for wrong, field in (({"purpose": ""}, "purpose"), ({"basis": "opt_out"}, "basis")):
        response = client.post(url, said | wrong)
        assert response.status_code == 422
        assert list(errors_of(response)) == [field]


def test_technician_may_neither_see_nor_record_permissions():
    url = reverse("customer_permissions", args=[CustomerFactory().pk])
    assert signed_in(Role.TECHNICIAN).get(url).status_code == 403


def test_customer_page_loads_the_card_by_itself():
    customer = CustomerFactory()
    page = signed_in().get(reverse("customer", args=[customer.pk])).content.decode()
    assert f'hx-get="{reverse("customer_permissions", args=[customer.pk])}"' in page


def test_claims_of_yesterday_are_nobodys():
    client = signed_in()
    item = taken(client)
    WorkItem.objects.filter(pk=item.pk).update(claimed_until=timezone.now() - timedelta(days=1))
    other = signed_in()
    response = other.post(reverse("today_claim", args=[item.pk]))
    assert response.url == reverse("today_item", args=[item.pk])
