"""Webhooks: who is told what, and with which secret. `webhook_delivery` does the telling."""

import base64
import hashlib
import json
import secrets
from collections.abc import Mapping, Sequence
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import Q
from django.utils import timezone

from crm import outgoing, webhook_events
from crm.constraints import translated
from crm.context import audited
from crm.enums import DeliveryStatus
from crm.exceptions import Invalid, Refused
from crm.models import User, WebhookDelivery, WebhookEndpoint, WebhookMessage
from crm.services.writing import assign, locked, save_changes
from jobs.services import enqueue

SECRET_BYTES = 32
WRITABLE = frozenset({"url", "description", "event_types", "is_active"})
SEND = "crm.send_webhook"


def create_endpoint(
    *, data: Mapping[str, Any], by: User | None = None
) -> tuple[WebhookEndpoint, str]:
    """A new receiver from `data` (fields of WRITABLE) and its secret, never shown again.

    Raises Invalid for an address that we would never call or an unknown event.
    """
    endpoint = WebhookEndpoint(created_by=by)
    assign(endpoint, data, WRITABLE)
    _check(endpoint)
    secret = _new_secret(endpoint)
    with audited(), translated():
        endpoint.save(force_insert=True)
    return endpoint, secret


def update_endpoint(*, endpoint: WebhookEndpoint, data: Mapping[str, Any]) -> WebhookEndpoint:
    """Change fields of WRITABLE. A receiver that is turned on again starts with a clean slate;
    what it missed can be replayed."""
    with audited(), translated():
        fresh = locked(endpoint)
        changed = assign(fresh, data, WRITABLE)
        _check(fresh)
        if fresh.is_active and {"url", "is_active"} & set(changed):
            fresh.failing_since, fresh.disabled_at, fresh.disabled_reason = None, None, ""
            changed += ["failing_since", "disabled_at", "disabled_reason"]
        save_changes(fresh, changed)
        if not fresh.is_active:
            drop_pending(fresh)
    return fresh


def renew_secret(*, endpoint: WebhookEndpoint) -> str:
    """A new secret in place of the old one, which counts no more; never shown again."""
    with audited():
        fresh = locked(endpoint)
        secret = _new_secret(fresh)
        fresh.save(update_fields=["sealed_secret"])
    return secret


def delete_endpoint(*, endpoint: WebhookEndpoint) -> None:
    """Forget a receiver and the log of what it got."""
    with audited():
        endpoint.delete()


def publish(
    *, event: str, payload: Mapping[str, Any], key: str, subject: str = ""
) -> WebhookMessage | None:
    """Tell everybody who subscribed to `event`, once this transaction has committed.

    `key` makes it idempotent: a second call with it tells nobody anything. An endpoint gets the
    events of one `subject` (a customer's key, for example) in their order. The payload holds keys
    and figures rather than names, as it leaves the house. None when nobody wants to know. Raises
    ValueError for an event that `crm.webhook_events` does not list.
    """
    if not webhook_events.is_known(event):
        raise ValueError(f"no webhook event is named {event!r}")
    wanted = Q(event_types__contains=[event]) | Q(event_types__contains=[webhook_events.ALL])
    receivers = list(WebhookEndpoint.objects.filter(wanted, is_active=True).order_by("id"))
    return _address(receivers, event=event, payload=payload, key=key, subject=subject)


def send_test(*, endpoint: WebhookEndpoint) -> WebhookDelivery:
    """A test event for this receiver alone, whatever it subscribed to."""
    _require_active(endpoint)
    message = _address(
        [endpoint],
        event=webhook_events.TEST,
        payload={"text": "It works."},
        key=f"{webhook_events.TEST}:{secrets.token_hex(16)}",
    )
    return WebhookDelivery.objects.get(message=message)


def replay(*, delivery: WebhookDelivery) -> WebhookDelivery:
    """Send it again under its old id, whether it arrived before or not.

    Raises Refused while it is waiting anyway, or when the receiver is turned off.
    """
    with audited():
        fresh = WebhookDelivery.objects.select_for_update().get(pk=delivery.pk)
        _require_active(fresh.endpoint)
        if fresh.status == DeliveryStatus.PENDING:
            raise Refused("This delivery is waiting for its next try already.")
        fresh.status, fresh.due_at, fresh.tries = DeliveryStatus.PENDING, timezone.now(), 0
        fresh.save(update_fields=["status", "due_at", "tries"])
        enqueue(SEND, args={"delivery": fresh.pk})
    return fresh


def drop_pending(endpoint: WebhookEndpoint) -> None:
    """Give up what still waits for a receiver that is turned off."""
    endpoint.deliveries.filter(status=DeliveryStatus.PENDING).update(
        status=DeliveryStatus.FAILED, due_at=None, error="The webhook was turned off."
    )


def secret_of(endpoint: WebhookEndpoint) -> str:
    """The plain secret; raises Refused when SECRET_KEY was changed without keeping the old one."""
    try:
        return _cipher().decrypt(endpoint.sealed_secret.encode()).decode()
    except InvalidToken:
        raise Refused(
            "The secret cannot be read any more.", remedy="Make a new one and tell the receiver."
        ) from None


def _address(
    receivers: Sequence[WebhookEndpoint],
    *,
    event: str,
    payload: Mapping[str, Any],
    key: str,
    subject: str = "",
) -> WebhookMessage | None:
    if not receivers:
        return None
    now = timezone.now()
    content = {"type": event, "timestamp": now.isoformat(), "data": payload}
    body = json.dumps(content, cls=DjangoJSONEncoder, ensure_ascii=False)
    with audited(), translated():
        message, created = WebhookMessage.objects.get_or_create(
            key=key, defaults={"event": event, "subject": subject, "body": body}
        )
        if created:
            rows = WebhookDelivery.objects.bulk_create(
                WebhookDelivery(message=message, endpoint=endpoint, due_at=now)
                for endpoint in receivers
            )
            for row in rows:
                enqueue(SEND, args={"delivery": row.pk})
    return message


def _check(endpoint: WebhookEndpoint) -> None:
    try:
        outgoing.check_url(endpoint.url, allow_http=not settings.PRODUCTION)
    except ValueError as error:
        raise Invalid(str(error), field="url", remedy="Check the address.") from None
    unknown = [
        name
        for name in endpoint.event_types
        if name != webhook_events.ALL and not webhook_events.is_known(name)
    ]
    if unknown:
        raise Invalid(
            f"Unknown event: {', '.join(unknown)}.",
            field="event_types",
            remedy=f"Known are {', '.join(kind.name for kind in webhook_events.kinds())}.",
        )


def _require_active(endpoint: WebhookEndpoint) -> None:
    if not endpoint.is_active:
        raise Refused("This webhook is turned off.", remedy="Turn it on first.")


def _new_secret(endpoint: WebhookEndpoint) -> str:
    secret = "whsec_" + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()
    endpoint.sealed_secret = _cipher().encrypt(secret.encode()).decode()
    return secret


def _cipher() -> MultiFernet:
    """Signing needs the plain secret, so it is encrypted rather than hashed: a stolen backup
    must not let anybody write to the receivers in our name."""
    keys = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    digests = (hashlib.sha256(f"lanewise.webhooks|{key}".encode()).digest() for key in keys)
    return MultiFernet([Fernet(base64.urlsafe_b64encode(digest)) for digest in digests])
