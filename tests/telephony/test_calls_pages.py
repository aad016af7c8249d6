"""Pages of the call log: who may open them, what they show, take and refuse."""

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from crm.enums import Role
from crm.models import ContactAttempt, User, WorkItem
from crm.services import customers as customer_service
from crm.services.consent import opt_out_number
from crm.timeline import sources_for, timeline
from telephony import urls
from telephony.models import CallLog, ProviderEvent
from telephony.services.follow_up import finished
from tests.crm.pages import (
    FORM,
    FRONT,
    HTMX,
    POST,
    Route,
    assert_guarded,
    count_queries,
    errors_of,
    form_data,
    signed_in,
)
from tests.factories import AppointmentFactory, CustomerFactory, UserFactory
from tests.telephony import twilio
from tests.telephony.factories import CallAccessFactory, CallLogFactory, ProviderEventFactory

pytestmark = pytest.mark.django_db

LISTENERS = {Role.ADVISOR, Role.BDC, Role.MANAGER, Role.ADMIN}
ROUTES = {
    "calls": Route("", FRONT),
    "call_new": Route("", FRONT, FORM),
    "call_place": Route("", FRONT, FORM),
    "customer_calls": Route("customer", FRONT),
    "call": Route("call", FRONT),
    "call_edit": Route("call", FRONT, FORM),
    "call_match": Route("call", FRONT, POST),
    "recording": Route("call", LISTENERS),
    "transcript": Route("call", LISTENERS, POST),
}
MODULES = ("telephony.views.calls", "telephony.views.recordings")


@pytest.fixture
def address(settings: Any) -> Callable[[str], str]:
    """Address of a page by its name, for one call and its customer."""
    twilio.set_up(settings)
    customer = CustomerFactory()
    call = CallLogFactory(customer=customer, transcript="Hello", summary="Asked for the price")
    keys = {"customer": customer.pk, "call": call.pk}

    def build(name: str) -> str:
        key = ROUTES[name].key
        url = reverse(f"telephony:{name}", args=[keys[key]] if key else [])
        return f"{url}?customer={customer.pk}" if name == "call_place" else url

    return build


def test_every_page_stands_in_the_table() -> None:
    ours = {p.name for p in urls.urlpatterns if p.callback.__module__ in MODULES}
    assert ours == set(ROUTES)


@pytest.mark.parametrize("name", sorted(ROUTES))
def test_page_is_for_exactly_those_who_may(name: str, address: Any) -> None:
    assert_guarded(ROUTES[name], lambda: address(name))


@pytest.mark.parametrize("name", sorted(n for n, r in ROUTES.items() if "post" in r.methods))
def test_page_write_without_csrf_token_is_refused(name: str, address: Any) -> None:
    client = Client(enforce_csrf_checks=True)
    client.cookies = signed_in(Role.ADMIN).cookies
    assert client.post(address(name)).status_code == 403


@pytest.mark.parametrize("name", sorted(n for n, r in ROUTES.items() if "get" in r.methods))
def test_page_reading_writes_nothing(name: str, address: Any) -> None:
    client, url = signed_in(Role.ADMIN), address(name)
    client.get(url)
    with CaptureQueriesContext(connection) as queries:
        client.get(url)
    verbs = {query["sql"].split(" ", 1)[0] for query in queries if "session" not in query["sql"]}
    assert not verbs & {"INSERT", "UPDATE", "DELETE"}


@pytest.mark.parametrize("name", ["call", "call_edit", "recording"])
def test_page_of_no_call_is_404(name: str) -> None:
    url = reverse(f"telephony:{name}", args=["00000000-0000-0000-0000-000000000000"])
    assert signed_in().get(url).status_code == 404


class TestList:
    url = "/calls/"

    def test_costs_the_same_for_one_and_three_calls(self) -> None:
        client = signed_in()
        counts = []
        for _ in range(3):
            CallLogFactory(customer=CustomerFactory(), advisor=UserFactory())
            counts.append(count_queries(lambda: client.get(self.url)))
        assert counts[0] == counts[2]
        assert counts[0] <= 12

    def test_pages_hold_every_call_once(self) -> None:
        CallLogFactory.create_batch(60)
        client = signed_in()
        first = client.get(self.url).context["page"]
        second = client.get(f"{self.url}?{first.next_query}").context["page"]
        rows = [row["id"] for row in (*first.rows, *second.rows)]
        assert len(rows) == len(set(rows)) == 60

    @pytest.mark.parametrize(
        ("query", "values"),
        [
            ("state=missed", {"answered_by": None}),
            ("state=voicemail", {"is_voicemail": True}),
            ("state=open", {"status": "ringing", "answered_by": None}),
            ("q=0142", {"caller_phone": "+12055550142"}),
            ("direction=outbound", {"direction": "outbound"}),
            ("sentiment=negative", {"customer_sentiment": "negative"}),
            ("until=2020-01-01", {"started_at": timezone.now() - timedelta(days=9000)}),
        ],
    )
    def test_is_filtered(self, query: str, values: dict[str, Any]) -> None:
        CallLogFactory(caller_phone="+12055550111")
        wanted = CallLogFactory(**values)
        page = signed_in().get(f"{self.url}?{query}").context["page"]
        assert [row["id"] for row in page.rows] == [wanted.pk]

    def test_is_found_by_name(self) -> None:
        wanted = CallLogFactory(customer=CustomerFactory(last_name="Zuckerman"))
        CallLogFactory()
        page = signed_in().get(f"{self.url}?q=zucker").context["page"]
        assert [row["id"] for row in page.rows] == [wanted.pk]

    def test_export_has_neither_recordings_nor_words(self) -> None:
        CallLogFactory(recording_url="https://api.twilio.com/RE1", transcript="secret words")
        response = signed_in().get(f"{self.url}?export=csv")
        text = b"".join(response.streaming_content).decode()
        assert "Call SID" in text and "twilio.com" not in text and "secret words" not in text

    def test_htmx_gets_the_rows_only(self) -> None:
        page = signed_in().get(self.url, headers=HTMX).content.decode()
        assert "<html" not in page and "No calls yet" in page


class TestCall:
    def test_shows_neither_provider_address_nor_words(self, address: Any) -> None:
        CallLog.objects.update(recording_url="https://api.twilio.com/RE1")
        page = signed_in().get(address("call")).content.decode()
        assert "twilio.com" not in page and "Hello" not in page
        assert reverse("telephony:recording", args=[CallLog.objects.get().pk]) in page

    def test_sales_see_no_player(self, address: Any) -> None:
        page = signed_in(Role.SALES).get(address("call")).content.decode()
        assert "transcript" not in page.lower()

    def test_manager_sees_who_listened(self, address: Any) -> None:
        CallAccessFactory(call=CallLog.objects.get(), label="nosy-nina")
        assert "nosy-nina" in signed_in(Role.MANAGER).get(address("call")).content.decode()
        assert "nosy-nina" not in signed_in().get(address("call")).content.decode()

    def test_transcript_is_shown_on_request(self, address: Any) -> None:
        client = signed_in()
        assert b"Hello" in client.post(address("transcript")).content
        fragment = client.post(address("transcript"), headers=HTMX).content
        assert b"Hello" in fragment and b"<html" not in fragment

    def test_unknown_caller_becomes_a_customer_by_one_click(self) -> None:
        call = CallLogFactory(caller_phone="+12055550142", answered_by=None)
        client = signed_in()
        page = client.get(call.get_absolute_url()).content.decode()
        link = f"{reverse('customer_new')}?phone=%2B12055550142"
        assert link in page
        form = client.get(link)
        assert form.context["form"]["phone"].value() == "+12055550142"

    def test_unknown_caller_may_be_a_known_customer(self) -> None:
        call = CallLogFactory(customer=None, answered_by=None)
        customer = CustomerFactory(last_name="Zuckerman")
        client = signed_in()
        page = client.get(call.get_absolute_url(), {"find": "zuckerman"})
        assert [hit.customer_id for hit in page.context["hits"]] == [customer.pk]
        client.post(reverse("telephony:call_match", args=[call.pk]), {"customer": str(customer.pk)})
        call.refresh_from_db()
        assert call.customer == customer
        assert WorkItem.objects.get().kind == "missed_call"


class TestWrapUp:
    def test_keeps_what_was_said(self, address: Any) -> None:
        client, url = signed_in(), address("call_edit")
        data = form_data(client.get(url)) | {
            "outcome": "message_taken", "issue_resolved": "yes", "summary": "Wants a quote",
        }  # fmt: skip
        assert client.post(url, data).status_code == 302
        call = CallLog.objects.get()
        assert (call.outcome, call.issue_resolved, call.summary) == (
            "message_taken", True, "Wants a quote",
        )  # fmt: skip

    def test_refused_recording_is_deleted_with_its_transcript(self, address: Any) -> None:
        CallLog.objects.update(recording_url="https://api.twilio.com/Recordings/RE1")
        client, url = signed_in(), address("call_edit")
        client.post(url, form_data(client.get(url)) | {"recording_consent": "refused"})
        call = CallLog.objects.get()
        assert (call.recording_url, call.transcript) == (None, None)
        assert call.recording_consent_by.startswith("noted by user")

    def test_stale_form_is_shown_again(self, address: Any) -> None:
        client, url = signed_in(), address("call_edit")
        data = form_data(client.get(url)) | {"outcome": "message_taken"}
        CallLog.objects.update(summary="Changed meanwhile")
        response = client.post(url, data)
        assert response.status_code == 409
        assert "Changed meanwhile" in response.content.decode()

    def test_only_the_customers_own_visits_are_offered(self, address: Any) -> None:
        AppointmentFactory()
        form = signed_in().get(address("call_edit")).context["form"]
        assert list(form.fields["appointment"].queryset) == []


class TestLogByHand:
    url = "/calls/new"

    def test_call_of_a_customer_is_kept(self) -> None:
        customer = CustomerFactory()
        client = signed_in()
        url = f"{self.url}?customer={customer.pk}"
        data = form_data(client.get(url)) | {"customer": customer.pk, "minutes": "3"}
        assert client.post(url, data).status_code == 302
        call = CallLog.objects.get()
        assert (call.customer, call.duration_seconds, call.answered_by) == (
            customer, 180, "person",
        )  # fmt: skip
        assert ContactAttempt.objects.get().reached is True

    def test_call_without_whom_is_refused(self) -> None:
        client = signed_in()
        response = client.post(self.url, form_data(client.get(self.url)))
        assert response.status_code == 422
        assert list(errors_of(response)) == ["caller_phone"]

    def test_call_in_the_future_is_refused_at_its_time(self) -> None:
        client = signed_in()
        data = form_data(client.get(self.url)) | {
            "caller_phone": "2055550142", "date": "2999-01-01",
        }  # fmt: skip
        assert list(errors_of(client.post(self.url, data))) == ["time"]

    @pytest.mark.parametrize("key", ["nonsense", "00000000-0000-0000-0000-000000000000"])
    def test_call_of_nobody_is_404(self, key: str) -> None:
        assert signed_in().get(f"{self.url}?customer={key}").status_code == 404


class TestClickToCall:
    @pytest.fixture(autouse=True)
    def _at_noon(self) -> Iterator[None]:
        """At an hour at which the gate lets calls through."""
        with time_machine.travel("2026-03-04T17:00:00Z", tick=False):
            yield

    def test_button_stands_beside_numbers_for_those_who_may_call(self) -> None:
        customer = CustomerFactory()
        url = reverse("telephony:call_place") + f"?customer={customer.pk}"
        for page in (reverse("customer", args=[customer.pk]), reverse("customers")):
            assert url in signed_in().get(page).content.decode()
            assert url not in signed_in(Role.TECHNICIAN).get(page).content.decode()

    def test_without_credentials_the_page_explains_what_to_set(self, settings: Any) -> None:
        twilio.set_up(settings, provider="")
        url = reverse("telephony:call_place") + f"?customer={CustomerFactory().pk}"
        client = signed_in()
        assert "TWILIO_ACCOUNT_SID" in client.get(url).content.decode()
        response = client.post(url, {"purpose": "service"})
        assert response.status_code == 503
        assert "TWILIO_ACCOUNT_SID" in response.content.decode()

    def test_without_credentials_the_button_explains_too(self, settings: Any) -> None:
        twilio.set_up(settings, provider="")
        url = reverse("telephony:call_place") + f"?customer={CustomerFactory().pk}"
        response = signed_in().post(url, {"purpose": "service"}, headers=HTMX)
        told = json.loads(response["HX-Trigger"])["lanewise:message"]
        assert response.status_code == 409
        assert "TELEPHONY_PROVIDER" in told["text"]

    @pytest.mark.parametrize("page", ["call", "calls"])
    def test_number_of_a_stranger_calls_by_a_click(self, page: str, settings: Any) -> None:
        twilio.set_up(settings)
        call = CallLogFactory(caller_phone="+12055550142", direction="outbound")
        url = reverse("telephony:call_place") + "?number=%2B12055550142"
        address = reverse(f"telephony:{page}", args=[call.pk] if page == "call" else [])
        assert f'hx-post="{url}"' in signed_in().get(address).content.decode()
        client = signed_in()
        User.objects.update(phone="(404) 555-0177")
        response = client.post(url, {"purpose": "service"}, headers=HTMX)
        placed = CallLog.objects.exclude(pk=call.pk).get()
        assert (placed.customer, placed.caller_phone) == (None, "+12055550142")
        assert response["HX-Redirect"] == placed.get_absolute_url()

    def test_other_number_of_a_customer_is_called_as_theirs(self) -> None:
        customer = CustomerFactory()
        call = CallLogFactory(customer=customer, caller_phone="+12055550142")
        query = f"?customer={customer.pk}&amp;number=%2B12055550142"
        page = signed_in().get(call.get_absolute_url()).content.decode()
        assert f'href="{reverse("telephony:call_place")}{query}"' in page

    def test_number_is_typed_and_one_that_is_none_is_refused_at_the_field(
        self, settings: Any
    ) -> None:
        twilio.set_up(settings)
        client, url = signed_in(), reverse("telephony:call_place")
        page = client.get(f"{url}?number=%2B12055550142")
        assert page.context["form"]["number"].value() == "(205) 555-0142"
        for number in ("", "911", "900 555 0100"):
            response = client.post(url, {"purpose": "callback", "number": number})
            assert (response.status_code, list(errors_of(response))) == (422, ["number"])

    def test_gate_refuses_a_stranger_with_the_reason(self, settings: Any) -> None:
        twilio.set_up(settings)
        opt_out_number(phone="+12055550142", source="call")
        url = reverse("telephony:call_place")
        data = {"purpose": "callback", "number": "2055550142"}
        page = signed_in().post(url, data)
        assert page.status_code == 409
        assert "not to be called" in page.content.decode()

    def test_withheld_number_has_no_button(self) -> None:
        call = CallLogFactory(caller_phone="anonymous", customer=CustomerFactory())
        page = signed_in().get(call.get_absolute_url()).content.decode()
        assert "number withheld" in page
        assert reverse("telephony:call_place") not in page.partition("<main")[2]


class TestCustomerPage:
    def test_panel_loads_itself_and_shows_the_last_calls(self) -> None:
        customer = CustomerFactory()
        call = CallLogFactory(customer=customer)
        client = signed_in()
        url = reverse("telephony:customer_calls", args=[customer.pk])
        assert (
            f'hx-get="{url}"'
            in client.get(reverse("customer", args=[customer.pk])).content.decode()
        )
        assert str(call.pk) in client.get(url, headers=HTMX).content.decode()

    def test_timeline_has_the_call_without_its_words(self) -> None:
        customer = CustomerFactory()
        CallLogFactory(customer=customer, summary="Asked for tires", transcript="secret words")
        page = signed_in().get(reverse("customer", args=[customer.pk])).content.decode()
        assert "Incoming call" in page and "Asked for tires" in page
        assert "secret words" not in page

    def test_timeline_has_the_call_once(self) -> None:
        call = CallLogFactory(customer=CustomerFactory(), summary="Asked for tires")
        finished(call=call)
        sources = sources_for(UserFactory(role=Role.MANAGER))
        told = [e for e in timeline(call.customer_id, sources)[0] if e.text == "Asked for tires"]
        assert [entry.kind for entry in told] == ["call"]


class TestMatching:
    def test_new_customer_gets_the_earlier_calls(
        self, django_capture_on_commit_callbacks: Any
    ) -> None:
        call = CallLogFactory(caller_phone="+12055550142", answered_by=None)
        with django_capture_on_commit_callbacks(execute=True):
            customer = customer_service.create_customer(
                data={"first_name": "Ann", "last_name": "Lee", "phone": "205-555-0142"}
            )
        call.refresh_from_db()
        assert call.customer == customer
        assert WorkItem.objects.get().customer == customer

    def test_anonymised_customer_is_gone_from_the_calls(
        self, django_capture_on_commit_callbacks: Any
    ) -> None:
        customer = CustomerFactory()
        call = CallLogFactory(
            customer=customer, caller_phone=customer.phone, from_number=customer.phone,
            transcript="I was born in May", summary="Ann called",
            recording_url="https://api.twilio.com/Recordings/RE1",
        )  # fmt: skip
        ProviderEventFactory(call_sid=call.call_sid, payload={"fields": {"From": customer.phone}})
        with django_capture_on_commit_callbacks(execute=True):
            customer_service.erase_customer(customer=customer, reason="Asked for it")
        row = str(CallLog.objects.values().get())
        assert customer.phone not in row and "May" not in row and "Ann" not in row
        assert "RE1" not in row
        assert not ProviderEvent.objects.exists()


@pytest.mark.django_db
def test_wish_is_shown_in_words_and_the_providers_status_beside_its_number() -> None:
    call = CallLogFactory(
        intent_detected="new_appointment",
        analysed_by="lexicon-1",
        provider="twilio",
        provider_status="no-answer",
        call_sid="CA12",
    )
    page = signed_in().get(call.get_absolute_url()).content.decode()
    assert "New appointment <" in page
    assert "CA12, no-answer" in page


@pytest.mark.django_db
def test_address_of_a_form_alone_is_a_page_that_says_so() -> None:
    response = signed_in().get(reverse("telephony:call_match", args=[CallLogFactory().pk]))
    assert (response.status_code, response["Allow"]) == (405, "POST")
    assert "This address only takes a form" in response.content.decode()
