"""Webhooks on their way: sign, send, try again, give up."""

import time
from datetime import datetime, timedelta

from django.conf import settings
from django.core.mail import send_mail
from django.utils import timezone
from standardwebhooks.webhooks import Webhook

from crm import outgoing
from crm.context import audited
from crm.enums import DeliveryStatus
from crm.exceptions import Refused
from crm.models import WebhookDelivery, WebhookEndpoint, WebhookMessage
from crm.services.webhooks import SEND, drop_pending, secret_of
from jobs.services import enqueue

# After the n-th failure; one more failure than this list is long, and the delivery is given up.
PAUSES = tuple(
    timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 180, 360, 720, 1440, 1440, 1440)
)
KEPT_FOR = timedelta(days=30)
GONE = 410
NOTIFY = "crm.webhook_disabled"


def send_delivery(*, delivery_id: int) -> None:
    """Try a delivery that is due; does nothing when it is not (any more), or when an earlier one
    of the same subject has not arrived: that one wakes this one up.

    The request is made inside the transaction that notes its outcome. A worker that dies in
    between leaves the delivery pending, so the receiver may get it twice, under one id.
    """
    delivery = _due(delivery_id)
    if delivery is None or _waits_for_another(delivery):
        return
    started = time.monotonic()
    answer, error = _request(delivery)
    now = timezone.now()
    delivery.tries += 1
    delivery.tried_at = now
    delivery.duration_ms = round((time.monotonic() - started) * 1000)
    delivery.response_status = answer.status if answer else None
    delivery.response_body = answer.body if answer else ""
    delivery.error = error
    with audited():
        if answer is not None and answer.is_success:
            _succeeded(delivery, now)
        else:
            _failed(delivery, now)
        delivery.save()
        if delivery.status != DeliveryStatus.PENDING:
            _wake_next(delivery)


def notify_disabled(*, endpoint_id: str) -> None:
    """Write to whoever made the receiver that it was turned off."""
    endpoint = WebhookEndpoint.objects.select_related("created_by").filter(pk=endpoint_id).first()
    if endpoint is None or endpoint.is_active:
        return
    if endpoint.created_by is None or not endpoint.created_by.email:
        return
    send_mail(
        subject=f"{settings.DEALERSHIP_NAME}: a webhook was turned off",
        message=f"{endpoint.url}\n\n{endpoint.disabled_reason}\n\n"
        "Events are no longer sent there. Turn it on again on the page “Webhooks”; what was"
        " missed can be replayed from there for 30 days.",
        from_email=None,
        recipient_list=[endpoint.created_by.email],
    )


def prune_webhooks() -> int:
    """Forget messages older than KEPT_FOR of which no delivery waits; rows deleted."""
    old = WebhookMessage.objects.filter(created_at__lt=timezone.now() - KEPT_FOR)
    waiting = WebhookDelivery.objects.filter(status=DeliveryStatus.PENDING).values("message")
    return old.exclude(pk__in=waiting).delete()[0]


def _due(delivery_id: int) -> WebhookDelivery | None:
    return (
        WebhookDelivery.objects.select_for_update(of=("self",))
        .select_related("message", "endpoint")
        .filter(
            pk=delivery_id,
            status=DeliveryStatus.PENDING,
            due_at__lte=timezone.now(),
            endpoint__is_active=True,
        )
        .first()
    )


def _waits_for_another(delivery: WebhookDelivery) -> bool:
    subject = delivery.message.subject
    return bool(subject) and (
        WebhookDelivery.objects.filter(
            endpoint=delivery.endpoint_id,
            status=DeliveryStatus.PENDING,
            message__subject=subject,
            pk__lt=delivery.pk,
        ).exists()
    )


def _wake_next(delivery: WebhookDelivery) -> None:
    """Send on what waited for `delivery`; messages about nothing in particular never wait."""
    if not delivery.message.subject:
        return
    following = (
        WebhookDelivery.objects.filter(
            endpoint=delivery.endpoint_id,
            status=DeliveryStatus.PENDING,
            message__subject=delivery.message.subject,
        )
        .order_by("pk")
        .first()
    )
    if following is not None:
        later = following.due_at if following.tries else None
        enqueue(SEND, args={"delivery": following.pk}, not_before=later)


def _request(delivery: WebhookDelivery) -> tuple[outgoing.Answer | None, str]:
    """The answer, or None and why there is none."""
    try:
        secret = secret_of(delivery.endpoint)
        answer = outgoing.post(
            delivery.endpoint.url,
            delivery.message.body.encode(),
            signed_headers(delivery.message, secret, timezone.now()),
            allow_http=not settings.PRODUCTION,
            private_hosts=settings.WEBHOOK_PRIVATE_HOSTS,
        )
    except (outgoing.Unreachable, Refused) as error:
        return None, str(error)[:300]
    return answer, "" if answer.is_success else f"The receiver answered {answer.status}."


def signed_headers(message: WebhookMessage, secret: str, at: datetime) -> dict[str, str]:
    """Headers of the Standard Webhooks specification, signed for the moment `at`."""
    name = f"msg_{message.pk}"
    return {
        "Content-Type": "application/json",
        "User-Agent": "Lanewise-Webhooks/1.0",
        "webhook-id": name,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": Webhook(secret).sign(msg_id=name, timestamp=at, data=message.body),
    }


def _succeeded(delivery: WebhookDelivery, now: datetime) -> None:
    delivery.status, delivery.delivered_at, delivery.due_at = DeliveryStatus.DELIVERED, now, None
    WebhookEndpoint.objects.filter(pk=delivery.endpoint_id, failing_since__isnull=False).update(
        failing_since=None
    )


def _failed(delivery: WebhookDelivery, now: datetime) -> None:
    """Plan the next try, or give up; turn off a receiver that is gone or failed for days."""
    endpoint = WebhookEndpoint.objects.select_for_update().get(pk=delivery.endpoint_id)
    if endpoint.failing_since is None:
        endpoint.failing_since = now
        endpoint.save(update_fields=["failing_since"])
    days = settings.WEBHOOK_DISABLE_AFTER_DAYS
    if delivery.response_status == GONE:
        _disable(endpoint, "The receiver says that it is gone for good (410).", now)
    elif now - endpoint.failing_since >= timedelta(days=days):
        _disable(endpoint, f"Nothing has arrived there for {days} days.", now)
    if endpoint.is_active and delivery.tries <= len(PAUSES):
        delivery.due_at = now + PAUSES[delivery.tries - 1]
        enqueue(SEND, args={"delivery": delivery.pk}, not_before=delivery.due_at)
    else:
        delivery.status, delivery.due_at = DeliveryStatus.FAILED, None


def _disable(endpoint: WebhookEndpoint, reason: str, now: datetime) -> None:
    endpoint.is_active, endpoint.disabled_at, endpoint.disabled_reason = False, now, reason
    endpoint.save(update_fields=["is_active", "disabled_at", "disabled_reason"])
    drop_pending(endpoint)
    enqueue(NOTIFY, args={"endpoint": str(endpoint.pk)}, dedup_key=f"{NOTIFY}:{endpoint.pk}")
