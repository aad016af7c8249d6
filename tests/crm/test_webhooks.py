"""Outgoing webhooks, against a real server on this machine."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest
from django.core import mail
from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from standardwebhooks.webhooks import Webhook

from crm import outgoing, webhook_events
from crm.enums import DeliveryStatus, Role
from crm.exceptions import Invalid, Refused
from crm.models import AuditEntry, WebhookDelivery, WebhookEndpoint, WebhookMessage
from crm.services import webhook_delivery, webhooks
from jobs.models import Outbox
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db
EVENT = webhook_events.TEST


class Receiver(ThreadingHTTPServer):
    """Keeps what it gets in `received`; answers with the next of `answers`, then 204."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.received: list[tuple[dict[str, str], bytes]] = []
        self.answers: list[tuple[int, bytes, dict[str, str]]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/hook?shop=1"


class Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        server: Any = self.server
        body = self.rfile.read(int(self.headers["Content-Length"]))
        server.received.append((dict(self.headers), body))
        status, text, headers = server.answers.pop(0) if server.answers else (204, b"", {})
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *args: Any) -> None:
        """Tests need no log."""


@pytest.fixture
def receiver(settings: Any) -> Iterator[Receiver]:
    settings.WEBHOOK_PRIVATE_HOSTS = ["127.0.0.1"]
    with Receiver() as server:
        Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}).start()
        yield server
        server.shutdown()


def endpoint_at(url: str, **data: Any) -> tuple[WebhookEndpoint, str]:
    values = {"url": url, "event_types": [EVENT], **data}
    return webhooks.create_endpoint(data=values, by=UserFactory(role=Role.MANAGER))


def publish(key: str = "one", subject: str = "") -> WebhookDelivery:
    message = webhooks.publish(event=EVENT, payload={"score": "81.50"}, key=key, subject=subject)
    return WebhookDelivery.objects.get(message=message)


def send(delivery: WebhookDelivery, *, late: bool = False) -> WebhookDelivery:
    """What the worker does; `late` as if the time of the next try had come."""
    if late:
        WebhookDelivery.objects.filter(pk=delivery.pk).update(due_at=timezone.now())
    webhook_delivery.send_delivery(delivery_id=delivery.pk)
    delivery.refresh_from_db()
    return delivery


def outbox(task: str = webhooks.SEND) -> Any:
    return Outbox.objects.filter(task=task).order_by("id")


# Sending


def test_delivery_carries_a_signature_that_the_shown_secret_verifies(receiver: Receiver) -> None:
    _, secret = endpoint_at(receiver.url)
    delivery = send(publish())
    assert (delivery.status, delivery.response_status, delivery.tries) == ("delivered", 204, 1)
    headers, body = receiver.received[0]
    content = Webhook(secret).verify(body, headers)
    assert (content["type"], content["data"]) == (EVENT, {"score": "81.50"})
    assert headers["webhook-id"] == f"msg_{delivery.message_id}"
    assert headers["Host"] == f"127.0.0.1:{receiver.server_port}"


def test_publish_twice_under_one_key_tells_once(receiver: Receiver) -> None:
    endpoint_at(receiver.url)
    first, second = publish("same"), publish("same")
    assert first == second
    assert outbox().count() == 1


def test_publish_rolled_back_leaves_nothing(receiver: Receiver) -> None:
    endpoint_at(receiver.url)
    with pytest.raises(RuntimeError), transaction.atomic():
        publish()
        raise RuntimeError
    assert not WebhookMessage.objects.exists() and not outbox().exists()


def test_publish_reaches_only_active_subscribers() -> None:
    endpoint_at("https://a.example/", event_types=["*"])
    other, _ = endpoint_at("https://b.example/")
    webhooks.update_endpoint(endpoint=other, data={"is_active": False})
    assert publish().endpoint.url == "https://a.example/"


def test_publish_without_subscribers_writes_nothing() -> None:
    assert webhooks.publish(event=EVENT, payload={}, key="k") is None
    assert not WebhookMessage.objects.exists()


def test_publish_unknown_event_is_an_error_of_the_caller() -> None:
    with pytest.raises(ValueError, match="no webhook event"):
        webhooks.publish(event="no.such", payload={}, key="k")


def test_sent_delivery_is_not_sent_again(receiver: Receiver) -> None:
    endpoint_at(receiver.url)
    delivery = send(publish())
    send(delivery)
    assert len(receiver.received) == 1


# Failing


def test_failures_back_off_from_a_minute_to_a_day_and_end(receiver: Receiver) -> None:
    endpoint_at(receiver.url)
    receiver.answers = [(500, b"out of order", {})] * 20
    delivery = publish()
    pauses = []
    while send(delivery, late=True).status == DeliveryStatus.PENDING:
        pauses.append(round((delivery.due_at - delivery.tried_at).total_seconds() / 60))
        assert outbox().last().not_before == delivery.due_at
    assert (pauses[0], max(pauses), len(pauses)) == (1, 1440, 10)
    assert pauses == sorted(pauses)
    assert delivery.status == DeliveryStatus.FAILED
    assert (delivery.response_status, delivery.response_body) == (500, "out of order")


def test_try_before_its_time_does_nothing(receiver: Receiver) -> None:
    endpoint_at(receiver.url)
    receiver.answers = [(500, b"", {})]
    delivery = send(publish())
    send(delivery)
    assert len(receiver.received) == 1


def test_receiver_that_comes_back_gets_all_once_under_the_same_id(receiver: Receiver) -> None:
    endpoint, _ = endpoint_at(receiver.url)
    receiver.answers = [(503, b"", {})]
    delivery = send(publish())
    endpoint.refresh_from_db()
    assert endpoint.failing_since is not None
    send(delivery, late=True)
    endpoint.refresh_from_db()
    assert (delivery.status, endpoint.failing_since) == ("delivered", None)
    assert len({headers["webhook-id"] for headers, _ in receiver.received}) == 1


def test_events_of_one_subject_arrive_in_their_order(receiver: Receiver) -> None:
    endpoint_at(receiver.url)
    receiver.answers = [(500, b"", {})]
    first, second = publish("1", "customer"), publish("2", "customer")
    send(first)
    assert send(second).tries == 0
    send(first, late=True)
    woken = outbox().last()
    assert (woken.args, woken.not_before) == ({"delivery": second.pk}, None)
    assert send(second).status == DeliveryStatus.DELIVERED


def test_nobody_listens_is_a_failure_and_not_a_fault(settings: Any) -> None:
    settings.WEBHOOK_PRIVATE_HOSTS = ["127.0.0.1"]
    with Receiver() as closed:
        url = closed.url
    endpoint_at(url)
    delivery = send(publish())
    assert (delivery.status, delivery.response_status) == ("pending", None)
    assert delivery.error == "The connection was refused."


def test_receiver_that_fails_for_days_is_turned_off_and_its_maker_told(receiver: Receiver) -> None:
    endpoint, _ = endpoint_at(receiver.url)
    WebhookEndpoint.objects.update(failing_since=timezone.now() - timedelta(days=5))
    receiver.answers = [(500, b"", {})]
    waiting = publish("waiting")
    delivery = send(publish("now"))
    endpoint.refresh_from_db()
    waiting.refresh_from_db()
    assert not endpoint.is_active and "5 days" in endpoint.disabled_reason
    assert {delivery.status, waiting.status} == {DeliveryStatus.FAILED}
    notice = outbox(webhook_delivery.NOTIFY).get()
    webhook_delivery.notify_disabled(endpoint_id=notice.args["endpoint"])
    assert mail.outbox[0].to == [endpoint.created_by.email]
    assert endpoint.url in mail.outbox[0].body


def test_receiver_that_is_gone_is_turned_off_at_once(receiver: Receiver) -> None:
    endpoint, _ = endpoint_at(receiver.url)
    receiver.answers = [(410, b"", {})]
    send(publish())
    endpoint.refresh_from_db()
    assert not endpoint.is_active


def test_endpoint_turned_on_again_starts_afresh() -> None:
    endpoint, _ = endpoint_at("https://a.example/")
    WebhookEndpoint.objects.update(
        is_active=False, failing_since=timezone.now(), disabled_at=timezone.now()
    )
    fresh = webhooks.update_endpoint(endpoint=endpoint, data={"is_active": True})
    assert (fresh.failing_since, fresh.disabled_at) == (None, None)


# Replay, test, secret


def test_replay_sends_the_same_message_again(receiver: Receiver) -> None:
    endpoint_at(receiver.url)
    delivery = send(publish())
    send(webhooks.replay(delivery=delivery))
    assert len({(headers["webhook-id"], body) for headers, body in receiver.received}) == 1
    assert len(receiver.received) == 2


def test_replay_of_what_waits_or_of_a_dead_endpoint_is_refused() -> None:
    endpoint, _ = endpoint_at("https://a.example/")
    delivery = publish()
    with pytest.raises(Refused, match="waiting"):
        webhooks.replay(delivery=delivery)
    webhooks.update_endpoint(endpoint=endpoint, data={"is_active": False})
    with pytest.raises(Refused, match="turned off"):
        webhooks.replay(delivery=delivery)


def test_test_event_goes_to_one_endpoint_whatever_it_subscribed_to(receiver: Receiver) -> None:
    endpoint_at("https://other.example/")
    endpoint, _ = endpoint_at(receiver.url)
    assert send(webhooks.send_test(endpoint=endpoint)).status == DeliveryStatus.DELIVERED
    assert WebhookDelivery.objects.count() == 1


def test_renewed_secret_replaces_the_old_one(receiver: Receiver) -> None:
    endpoint, old = endpoint_at(receiver.url)
    new = webhooks.renew_secret(endpoint=endpoint)
    send(publish())
    headers, body = receiver.received[0]
    assert new != old
    Webhook(new).verify(body, headers)


def test_secret_is_not_stored_readably() -> None:
    endpoint, secret = endpoint_at("https://a.example/")
    with connection.cursor() as cursor:
        cursor.execute("SELECT e::text || a::text FROM webhook_endpoints e, audit_log a")
        assert all(secret[6:] not in row for (row,) in cursor.fetchall())
    assert webhooks.secret_of(endpoint) == secret


def test_secret_survives_a_kept_fallback_key_and_no_other(settings: Any) -> None:
    endpoint, secret = endpoint_at("https://a.example/")
    old = settings.SECRET_KEY
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "new", [old]
    assert webhooks.secret_of(endpoint) == secret
    settings.SECRET_KEY_FALLBACKS = []
    with pytest.raises(Refused, match="cannot be read"):
        webhooks.secret_of(endpoint)
    assert "cannot be read" in send(publish()).error


def test_changes_are_audited() -> None:
    endpoint, _ = endpoint_at("https://a.example/")
    webhooks.update_endpoint(endpoint=endpoint, data={"description": "Accounts"})
    webhooks.delete_endpoint(endpoint=endpoint)
    entries = AuditEntry.objects.filter(table_name="webhook_endpoints").order_by("id")
    assert [entry.action for entry in entries] == ["insert", "update", "delete"]


def test_prune_forgets_old_messages_that_nobody_waits_for() -> None:
    endpoint_at("https://a.example/")
    kept, gone = publish("kept"), publish("gone")
    WebhookDelivery.objects.filter(pk=gone.pk).update(status="failed", due_at=None)
    WebhookMessage.objects.update(created_at=timezone.now() - timedelta(days=31))
    assert webhook_delivery.prune_webhooks() == 2
    assert WebhookMessage.objects.get() == kept.message


# Where we never call


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.1.2.3", "10.0.0.1", "172.16.5.5", "192.168.1.1", "169.254.169.254",
        "100.64.0.1", "0.1.2.3", "224.0.0.1", "240.0.0.1", "255.255.255.255", "192.0.2.1",
        "::1", "::", "fe80::1%eth0", "fc00::1", "fec0::1", "ff02::1", "2001:db8::1",
        "::ffff:127.0.0.1", "::ffff:a00:1", "64:ff9b::a00:1", "2002:7f00:1::", "::127.0.0.1",
        "2001:0:4136:e378:8000:63bf:3fff:fdd2",
    ],
)  # fmt: skip
def test_address_that_is_not_public(address: str) -> None:
    assert not outgoing.is_public(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8"])
def test_address_that_is_public(address: str) -> None:
    assert outgoing.is_public(address)


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "localhost",
        "[::1]",
        "2130706433",
        "0x7f.1",
        "017700000001",
        "[::ffff:127.0.0.1]",
    ],
)
def test_private_host_gets_no_connection(host: str, receiver: Receiver, settings: Any) -> None:
    settings.WEBHOOK_PRIVATE_HOSTS = []
    endpoint_at(f"http://{host}:{receiver.server_port}/")
    assert send(publish()).error == "The host is not in the public internet."
    assert receiver.received == []


def test_name_is_resolved_once_and_that_address_called(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    """DNS rebinding: a second look-up would get another answer."""
    settings.WEBHOOK_PRIVATE_HOSTS = ["shop.example"]
    answers = iter(["127.0.0.1"])

    def look_up(host: str, port: int, **options: Any) -> list[Any]:
        assert host == "shop.example"
        return [(2, 1, 6, "", (next(answers), port))]

    monkeypatch.setattr(outgoing.socket, "getaddrinfo", with_addresses(look_up))
    endpoint_at(f"http://shop.example:{receiver.server_port}/")
    assert send(publish()).status == DeliveryStatus.DELIVERED
    assert receiver.received[0][0]["Host"] == f"shop.example:{receiver.server_port}"


def with_addresses(look_up: Any) -> Any:
    """`look_up` for names; plain addresses are what they are."""
    real = outgoing.socket.getaddrinfo

    def answer(host: str, *args: Any, **options: Any) -> Any:
        return (
            real(host, *args, **options) if host[0].isdigit() else look_up(host, *args, **options)
        )

    return answer


def test_one_private_address_among_public_ones_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    found = [(2, 1, 6, "", (address, 443)) for address in ("8.8.8.8", "10.0.0.1")]
    monkeypatch.setattr(outgoing.socket, "getaddrinfo", lambda *a, **k: found)
    with pytest.raises(outgoing.Unreachable, match="public"):
        outgoing.resolve("mixed.example", 443)


def test_redirect_is_a_failure_and_is_not_followed(receiver: Receiver) -> None:
    endpoint_at(receiver.url)
    receiver.answers = [(302, b"", {"Location": receiver.url})]
    delivery = send(publish())
    assert (delivery.status, delivery.response_status) == ("pending", 302)
    assert len(receiver.received) == 1


def test_long_answer_is_cut_and_nul_taken_out(receiver: Receiver) -> None:
    endpoint_at(receiver.url)
    receiver.answers = [(200, b"\x00" + b"x" * 100_000, {})]
    assert send(publish()).response_body == "x" * (outgoing.MAX_ANSWER_BYTES - 1)


@contextmanager
def silent_server() -> Iterator[int]:
    """Accepts connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening.getsockname()[1]


def test_receiver_that_never_answers_is_left_after_the_timeout() -> None:
    with silent_server() as port, pytest.raises(outgoing.Unreachable, match="in time"):
        outgoing.post(
            f"http://127.0.0.1:{port}/",
            b"{}",
            {},
            allow_http=True,
            private_hosts=["127.0.0.1"],
            timeout_seconds=0.1,
        )


@pytest.mark.parametrize(
    "url",
    [
        "http://a.example/", "ftp://a.example/", "https://", "https://u:p@a.example/",
        "https://a.example/#x", "https://a.example:99999/", "https://a.example:0/",
        "https://a b.example/", "https://a.example\\@b.example/", "https://ä.example/",
        "https://[::1/", "javascript:alert(1)", "",
    ],
)  # fmt: skip
def test_address_that_is_refused_when_it_is_typed_in(url: str, settings: Any) -> None:
    settings.PRODUCTION = True
    with pytest.raises(Invalid) as refused:
        endpoint_at(url)
    assert refused.value.field == "url"


def test_unknown_event_is_refused() -> None:
    with pytest.raises(Invalid, match="Unknown event"):
        endpoint_at("https://a.example/", event_types=["no.such"])


# The database's own rules


@pytest.mark.parametrize(
    ("table", "change", "constraint"),
    [
        ("webhook_endpoints", "url = 'ftp://x'", "webhook_endpoints_url"),
        ("webhook_endpoints", "event_types = '{}'", "webhook_endpoints_events_chosen"),
        ("webhook_messages", "key = ''", "webhook_messages_key_given"),
        ("webhook_deliveries", "status = 'lost'", "webhook_deliveries_status_known"),
        ("webhook_deliveries", "due_at = NULL", "webhook_deliveries_pending_due"),
        ("webhook_deliveries", "status = 'delivered'", "webhook_deliveries_delivered_when"),
    ],
)
def test_constraint(table: str, change: str, constraint: str) -> None:
    endpoint_at("https://a.example/")
    publish()
    with (
        pytest.raises(IntegrityError, match=constraint),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(f"UPDATE {table} SET {change}")


def test_key_and_pair_stand_once() -> None:
    endpoint_at("https://a.example/")
    delivery = publish()
    with pytest.raises(IntegrityError, match="webhook_messages_key_once"), transaction.atomic():
        WebhookMessage.objects.create(key="one", event=EVENT, body="{}")
    with pytest.raises(IntegrityError, match="webhook_deliveries_once"), transaction.atomic():
        WebhookDelivery.objects.create(
            message=delivery.message, endpoint=delivery.endpoint, due_at=timezone.now()
        )
