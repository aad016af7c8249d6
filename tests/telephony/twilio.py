"""Twilio's side of a callback: fields as it sends them, signed as it signs them."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from email.utils import format_datetime
from hashlib import sha256
from typing import Any
from urllib.parse import urlencode

from django.test import Client
from django.urls import reverse
from twilio.request_validator import RequestValidator

from telephony.models import ProviderEvent
from telephony.services import intake

TOKEN = "0123456789abcdef0123456789abcdef"
BASE = "https://crm.dealer.example"
SHOP = "+14045550100"
SID = "CA00000000000000000000000000000001"


def set_up(settings: Any, **changes: Any) -> None:
    """A telephone that works, with what the test needs otherwise."""
    settings.PUBLIC_BASE_URL = BASE
    defaults = {
        "provider": "fake",
        "auth_tokens": [TOKEN],
        "number": SHOP,
        "shop_numbers": ["+14045550101"],
        "shop_state": "GA",
    }
    settings.TELEPHONY = replace(settings.TELEPHONY, **(defaults | changes))


def sign(url: str, fields: Any, token: str = TOKEN) -> str:
    return RequestValidator(token).compute_signature(url, fields)


def post(name: str, fields: dict[str, str], *, client: Client | None = None, **query: str) -> Any:
    """A genuine callback `name`."""
    path = reverse(f"telephony:twilio_{name}") + (f"?{urlencode(query)}" if query else "")
    return (client or Client()).post(
        path, fields, headers={"X-Twilio-Signature": sign(BASE + path, fields)}
    )


def post_json(name: str, body: Any, *, hashed: Any = None) -> Any:
    """A genuine callback whose body is JSON."""
    text = json.dumps(body)
    digest = sha256((text if hashed is None else json.dumps(hashed)).encode()).hexdigest()
    path = f"{reverse(f'telephony:twilio_{name}')}?bodySHA256={digest}"
    return Client().post(
        path,
        text,
        content_type="application/json",
        headers={"X-Twilio-Signature": sign(BASE + path, {})},
    )


def call_fields(status: str, *, at: datetime | None = None, **more: str) -> dict[str, str]:
    """Fields of a callback about an incoming call."""
    fields = {
        "AccountSid": "AC1",
        "CallSid": SID,
        "CallStatus": status,
        "From": "+12055550142",
        "To": SHOP,
        "Direction": "inbound",
    }
    if at is not None:
        fields["Timestamp"] = format_datetime(at.astimezone(UTC))
    return fields | more


def work_all() -> None:
    """Do the tasks of all events that wait, in the order in which they came."""
    for event in ProviderEvent.objects.filter(processed_at__isnull=True).order_by("id"):
        intake.work_event(event=event)
