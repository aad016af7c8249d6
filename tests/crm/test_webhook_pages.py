"""Webhooks on pages and in the API."""

from typing import Any
from unittest.mock import ANY
from uuid import uuid4

import pytest
from django.urls import reverse
from standardwebhooks.webhooks import Webhook

from crm import webhook_events
from crm.enums import DeliveryStatus, Role
from crm.models import IdempotencyKey, WebhookDelivery, WebhookEndpoint
from crm.services import webhooks
from tests.crm.api import ROOT, client_of, problem_of
from tests.crm.pages import count_queries, errors_of, signed_in

pytestmark = pytest.mark.django_db
EVENT = webhook_events.TEST
HOOK = {"url": "https://receiver.example/hook", "event_types": [EVENT]}


def an_endpoint() -> WebhookEndpoint:
    return webhooks.create_endpoint(data=HOOK)[0]


def deliveries(endpoint: WebhookEndpoint, rows: int) -> list[WebhookDelivery]:
    return [webhooks.send_test(endpoint=endpoint) for _ in range(rows)]


# Pages


def test_new_webhook_shows_its_secret_once() -> None:
    client = signed_in(Role.MANAGER)
    page = client.post(reverse("webhooks"), HOOK).content.decode()
    endpoint = WebhookEndpoint.objects.get()
    secret = webhooks.secret_of(endpoint)
    assert secret in page
    for address in (reverse("webhooks"), reverse("webhook", args=[endpoint.pk])):
        assert secret not in client.get(address).content.decode()


def test_new_webhook_with_a_wrong_address_says_so_at_the_field() -> None:
    response = signed_in(Role.MANAGER).post(reverse("webhooks"), HOOK | {"url": "ftp://x"})
    assert response.status_code == 422
    assert list(errors_of(response)) == ["url"]
    assert not WebhookEndpoint.objects.exists()


def test_settings_are_saved_and_turn_it_off() -> None:
    endpoint = an_endpoint()
    page = reverse("webhook", args=[endpoint.pk])
    response = signed_in(Role.MANAGER).post(page, HOOK | {"description": "Accounts"})
    assert response.status_code == 302
    endpoint.refresh_from_db()
    assert (endpoint.description, endpoint.is_active) == ("Accounts", False)


def test_new_secret_is_shown_and_differs() -> None:
    endpoint = an_endpoint()
    old = webhooks.secret_of(endpoint)
    page = signed_in(Role.MANAGER).post(reverse("webhook_secret", args=[endpoint.pk]))
    endpoint.refresh_from_db()
    new = webhooks.secret_of(endpoint)
    assert new != old and new in page.content.decode()


def test_test_button_makes_a_delivery_and_leads_to_it() -> None:
    endpoint = an_endpoint()
    response = signed_in(Role.MANAGER).post(reverse("webhook_test", args=[endpoint.pk]))
    delivery = WebhookDelivery.objects.get()
    assert response["Location"] == reverse("webhook_delivery", args=[delivery.pk])


def test_delivery_shows_body_and_escapes_the_answer() -> None:
    delivery = deliveries(an_endpoint(), 1)[0]
    WebhookDelivery.objects.update(
        status=DeliveryStatus.FAILED, due_at=None, tries=1, tried_at=delivery.created_at,
        response_status=500, response_body="<script>alert(1)</script>", error="Broken",
    )  # fmt: skip
    client = signed_in(Role.MANAGER)
    page = client.get(reverse("webhook_delivery", args=[delivery.pk])).content.decode()
    assert "It works." in page and "&lt;script&gt;alert(1)" in page
    response = client.post(reverse("webhook_replay", args=[delivery.pk]))
    delivery.refresh_from_db()
    assert (response.status_code, delivery.status) == (302, DeliveryStatus.PENDING)


def test_delete_forgets_webhook_and_deliveries() -> None:
    endpoint = an_endpoint()
    deliveries(endpoint, 1)
    signed_in(Role.MANAGER).post(reverse("webhook_delete", args=[endpoint.pk]))
    assert not WebhookEndpoint.objects.exists() and not WebhookDelivery.objects.exists()


def test_pages_cost_the_same_for_one_row_and_for_three() -> None:
    client = signed_in(Role.MANAGER)
    endpoint = an_endpoint()
    addresses = [reverse("webhooks"), reverse("webhook", args=[endpoint.pk])]
    costs = []
    for rows in (1, 2):
        deliveries(endpoint, rows)
        costs.append([count_queries(lambda page=page: client.get(page)) for page in addresses])
        an_endpoint()
    assert costs[0] == costs[1]


def test_older_deliveries_are_a_page_on(monkeypatch: pytest.MonkeyPatch) -> None:
    endpoint = an_endpoint()
    newest = deliveries(endpoint, 52)[-1]
    client = signed_in(Role.MANAGER)
    first = client.get(reverse("webhook", args=[endpoint.pk])).context["page"]
    older = client.get(f"{reverse('webhook', args=[endpoint.pk])}?{first.next_query}")
    assert first.rows[0]["id"] == newest.pk
    assert [row["id"] for row in older.context["page"].rows] == [newest.pk - 50, newest.pk - 51]


@pytest.mark.parametrize("name", ["webhookendpoint", "webhookdelivery"])
def test_admin_shows_all_but_the_secret(name: str) -> None:
    delivery = deliveries(an_endpoint(), 1)[0]
    keys = {"webhookendpoint": delivery.endpoint_id, "webhookdelivery": delivery.pk}
    client = signed_in(Role.MANAGER)
    assert client.get(reverse(f"admin:crm_{name}_changelist")).status_code == 200
    page = client.get(reverse(f"admin:crm_{name}_change", args=[keys[name]]))
    assert delivery.endpoint.sealed_secret not in page.content.decode()
    assert signed_in(Role.ADVISOR).get(reverse(f"admin:crm_{name}_changelist")).status_code != 200


# API


def test_api_webhook_from_beginning_to_end() -> None:
    client = client_of(Role.MANAGER)
    made = client.post(f"{ROOT}webhooks/", HOOK, format="json")
    assert made.status_code == 201, made.content
    body = made.json()
    Webhook(body["secret"])
    address = f"{ROOT}webhooks/{body['id']}/"
    assert made["Location"].endswith(address)
    assert "secret" not in client.get(address).json()
    changed = client.patch(address, {"description": "Accounts"}, format="json")
    assert changed.json()["description"] == "Accounts"
    tested = client.post(f"{address}test/", {}, format="json").json()
    assert tested == client.get(f"{ROOT}webhook-deliveries/{tested['id']}/").json()
    assert (tested["event"], tested["status"]) == (EVENT, "pending")
    renewed = client.post(f"{address}new-secret/", {}, format="json").json()
    assert renewed["secret"] not in (body["secret"], None)
    assert client.delete(address).status_code == 204


def test_api_secret_is_never_stored_under_an_idempotency_key() -> None:
    client = client_of(Role.MANAGER)
    key = {"HTTP_IDEMPOTENCY_KEY": "one"}
    problem_of(client.post(f"{ROOT}webhooks/", HOOK, format="json", **key), 400)
    assert not WebhookEndpoint.objects.exists() and not IdempotencyKey.objects.exists()


@pytest.mark.parametrize(
    ("change", "status", "pointer"),
    [
        ({"url": "ftp://x"}, 422, "/url"),
        ({"event_types": []}, 422, "/event_types"),
        ({"event_types": ["no.such"]}, 422, "/event_types"),
        ({"url": None}, 400, "/url"),
    ],
)
def test_api_refuses_what_makes_no_sense(change: Any, status: int, pointer: str) -> None:
    response = client_of(Role.MANAGER).post(f"{ROOT}webhooks/", HOOK | change, format="json")
    body = problem_of(response, status)
    assert body["errors"] == [{"pointer": pointer, "parameter": None, "code": ANY, "detail": ANY}]


def test_api_replay_of_what_waits_is_a_conflict() -> None:
    delivery = deliveries(an_endpoint(), 1)[0]
    address = f"{ROOT}webhook-deliveries/{delivery.pk}/replay/"
    problem_of(client_of(Role.MANAGER).post(address, {}, format="json"), 409)


def test_api_filters_deliveries() -> None:
    endpoint = an_endpoint()
    deliveries(endpoint, 1)
    client = client_of(Role.MANAGER)
    for query, rows in (
        (f"endpoint={endpoint.pk}", 1), (f"endpoint={uuid4()}", 0), ("status=failed", 0),
        (f"event={EVENT}", 1),
    ):  # fmt: skip
        found = client.get(f"{ROOT}webhook-deliveries/?{query}").json()["results"]
        assert len(found) == rows, query
