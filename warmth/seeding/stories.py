"""What customers did in a year, drawn at random: most drop by, some shop for a car, some buy.

All figures are assumptions for demonstration and load, not measurements of any dealership.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from warmth.enums import EventType

YEAR_DAYS = 365
_SHOPPERS = 0.18
# How many of the shoppers are at it right now, with the rest spread over the year.
_SHOPPING_NOW = 0.35
_BUYERS = 0.40
# Buyers of whom nobody wrote down anything before they signed.
_UNSEEN = 0.15
_DROPPING_BY = (
    EventType.WEBSITE_VISIT, EventType.BROCHURE, EventType.CALL, EventType.MESSAGE,
    EventType.REPLY, EventType.OUTREACH, EventType.REFERRAL,
)  # fmt: skip
# The way to a car, each step with how likely a shopper takes it.
_WAY = (
    (EventType.WEBSITE_VISIT, 0.95), (EventType.WEBSITE_VISIT, 0.80), (EventType.INQUIRY, 0.85),
    (EventType.BROCHURE, 0.40), (EventType.REPLY, 0.80), (EventType.SHOWROOM_VISIT, 0.70),
    (EventType.TEST_DRIVE, 0.65), (EventType.TRADE_IN_EVALUATION, 0.45), (EventType.QUOTE, 0.60),
    (EventType.REPLY, 0.75), (EventType.FINANCING_INQUIRY, 0.50),
    (EventType.FINANCING_APPROVAL, 0.35), (EventType.CALLBACK, 0.40),
)  # fmt: skip
_PRICED = {EventType.QUOTE, EventType.FINANCING_INQUIRY, EventType.FINANCING_APPROVAL}
_MODELS = ("Compact SUV", "Midsize SUV", "Pickup", "Sedan", "Hybrid", "Electric")


@dataclass(frozen=True)
class Happening:
    event_type: EventType
    at: datetime
    value: Decimal | None = None
    subject: str = ""


@dataclass(frozen=True)
class Wish:
    """What a customer who shops now has said of the coming purchase."""

    price_min: Decimal
    price_max: Decimal
    buy_on: date
    role: str


@dataclass(frozen=True)
class Story:
    happenings: list[Happening]
    wish: Wish | None = None


def story(rng: random.Random, now: datetime, bought: datetime | None = None) -> Story:
    """One customer's year up to `now`.

    `bought` is the beginning of the day on which, by the records, the customer bought a car from
    us: most have shopped before. The purchase itself is no happening then, as the record says it.
    """
    casual = [
        Happening(rng.choice(_DROPPING_BY), now - timedelta(days=rng.uniform(0.2, YEAR_DAYS)))
        for _ in range(rng.choices((0, 1, 2, 4, 7), weights=(30, 25, 20, 15, 10))[0])
    ]
    price = Decimal(rng.randrange(22_000, 62_000, 500))
    length = rng.uniform(10, 45)
    if bought is not None:
        end = bought - timedelta(days=rng.uniform(0.2, 6))
        known = rng.random() >= _UNSEEN
        return Story([*casual, *(_way(rng, end, length, price) if known else ())])
    if rng.random() >= _SHOPPERS:
        return Story(casual)
    shops_now = rng.random() < _SHOPPING_NOW
    end = now - timedelta(days=rng.uniform(0.2, 6) if shops_now else rng.uniform(8, 320))
    shopping = list(_way(rng, end, length, price))
    if not shops_now and shopping and rng.random() < _BUYERS * (len(shopping) / len(_WAY) + 0.5):
        bought = end + timedelta(days=rng.uniform(0.5, 7))
        shopping.append(Happening(EventType.PURCHASE, bought, price, shopping[-1].subject))
    return Story([*casual, *shopping], _wish(rng, now, price) if shops_now else None)


def _way(rng: random.Random, end: datetime, length: float, price: Decimal) -> Iterator[Happening]:
    """Steps in their order, the last ones at `end`, `length` days in all."""
    model = rng.choice(_MODELS)
    for place, (kind, chance) in enumerate(_WAY):
        if rng.random() < chance:
            left = length * (1 - (place + rng.random()) / len(_WAY))
            amount = price if kind in _PRICED else None
            yield Happening(kind, end - timedelta(days=left), amount, model)


def _wish(rng: random.Random, now: datetime, price: Decimal) -> Wish:
    return Wish(
        price_min=price - 3_000,
        price_max=price + 3_000,
        buy_on=now.date() + timedelta(days=rng.randint(7, 75)),
        role=rng.choices(("sole", "joint", "influencer"), weights=(5, 4, 1))[0],
    )
