"""Events that webhooks can subscribe to."""

from crm.webhook_events import EventKind, register

_EXAMPLE = {
    "crossing_id": 4711,
    "customer_id": "7f9c1e52-4b0d-4c39-9a53-2f6f0f3b8d11",
    "direction": "up",
    "previous_level": "warm",
    "level": "hot",
    "score": "77.50",
    "purchase_probability": "65.20",
    "crossed_at": "2026-11-21T14:00:00+00:00",
}


def register_events() -> None:
    register(EventKind("warmth.level_up", "A customer became warmer", _EXAMPLE))
    cooled = _EXAMPLE | {"direction": "down", "previous_level": "hot", "level": "warm"}
    register(EventKind("warmth.level_down", "A customer cooled", cooled | {"score": "72.50"}))
