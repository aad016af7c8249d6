"""Customers, with the seed's distributions; ages by calendar, unique phones and e-mails."""

from dataclasses import dataclass
from datetime import date

import numpy as np

from crm.seeding.columns import (
    MINUTES_A_DAY,
    Calendar,
    Ints,
    Texts,
    between,
    booleans,
    choose,
    day_number,
    numbers,
    optional,
    pick,
    texts,
    uuids,
)
from crm.seeding.menu import NOTES
from crm.seeding.names import Names
from crm.seeding.places import PhoneNumbers, Places, rank_within

COLUMNS = (
    "id", "created_at", "updated_at", "phone", "email", "preferred_contact_method", "first_name",
    "last_name", "date_of_birth", "street_address", "city", "state", "zip_code", "customer_since",
    "customer_type", "referral_source", "preferred_service_advisor", "receive_reminders",
    "receive_promotions", "preferred_appointment_time", "notes", "last_contact_date", "batch_id",
)  # fmt: skip

_MAILBOXES = ("mail", "inbox", "post", "fastmail", "webmail")
_OLDEST, _YOUNGEST = 75, 18


@dataclass(frozen=True)
class People:
    """One block of customers; `advisor` is an index of the shop's advisors, -1 for none,
    `created` in epoch minutes, `since` in epoch days."""

    ids: Texts
    since: Ints
    created: Ints
    advisor: Ints
    columns: tuple[Texts, ...]


@dataclass
class Registry:
    """What makes customers unlike each other over all blocks of one run.

    Addresses end in `.example` (RFC 2606), so no mail can reach a stranger; `domain_tag` keeps
    two generated batches in one database apart.
    """

    names: Names
    phones: PhoneNumbers
    domain_tag: str

    def __post_init__(self) -> None:
        self._namesakes = np.zeros(len(self.names.first) * len(self.names.last), dtype=np.int32)

    def emails(self, rng: np.random.Generator, first: Ints, last: Ints) -> Texts:
        """first.last@, with a number from the second namesake on."""
        pair = first * len(self.names.last) + last
        nth = self._namesakes[pair] + rank_within(pair)
        np.add.at(self._namesakes, pair, 1)
        mailbox = choose(rng, texts(_MAILBOXES), len(pair))
        suffix = np.where(nth > 0, numbers(nth + 1), "")
        local = self.names.first[first] + "." + self.names.last[last] + suffix
        lower = texts([text.lower() for text in local.tolist()])
        return lower + "@" + mailbox + f"{self.domain_tag}.example"


def draw(
    rng: np.random.Generator,
    count: int,
    *,
    as_of: date,
    places: Places,
    registry: Registry,
    advisors: list[int],
    calendar: Calendar,
    batch_id: str,
) -> People:
    """`count` customers as of the evening before `as_of`."""
    names, today = registry.names, day_number(as_of)
    first = pick(rng, len(names.first), count, names.first_weights)
    last = pick(rng, len(names.last), count, names.last_weights)
    place = pick(rng, len(places.city), count, places.weights)
    since = between(
        rng, day_number(_years_before(as_of, 5)), day_number(_half_year_before(as_of)), count
    )
    created = since * MINUTES_A_DAY + between(rng, 14 * 60, 22 * 60 - 1, count)
    contacted = rng.random(count) < 0.7
    contact = np.maximum(
        created,
        between(rng, since, today - 1, count) * MINUTES_A_DAY + between(rng, 840, 1319, count),
    )
    kind = choose(rng, texts(("retail", "fleet", "referral")), count, (0.85, 0.05, 0.10))
    advisor = rng.integers(0, len(advisors) + 1, count)
    street = texts(between(rng, 100, 9899, count)) + " " + choose(rng, names.streets, count)
    referrer = (
        choose(rng, names.first, count, names.first_weights)
        + " "
        + choose(rng, names.last, count, names.last_weights)
    )
    ids = uuids(rng, count)
    columns = (
        ids,
        calendar.instants(created),
        calendar.instants(np.where(contacted, contact, created)),
        registry.phones.draw(rng, place),
        registry.emails(rng, first, last),
        choose(rng, texts(("phone", "phone", "phone", "email", "text")), count),
        names.first[first],
        names.last[last],
        calendar.dates(_birthdays(rng, count, as_of)),
        street,
        places.city[place],
        places.state[place],
        places.zip_code[place],
        calendar.dates(since),
        kind,
        optional(referrer, kind == "referral"),
        texts([*advisors, r"\N"])[advisor],
        booleans(rng.random(count) < 3 / 4),
        booleans(rng.random(count) < 2 / 3),
        choose(rng, texts(("morning", "afternoon", "evening", r"\N")), count),
        optional(choose(rng, texts(NOTES), count), rng.random(count) < 0.15),
        optional(calendar.instants(contact), contacted),
        texts([batch_id] * count),
    )
    return People(ids, since, created, np.where(advisor < len(advisors), advisor, -1), columns)


def _birthdays(rng: np.random.Generator, count: int, as_of: date) -> Ints:
    """Days on which people aged 18 to 75 (uniform, in whole years on `as_of`) were born."""
    age = between(rng, _YOUNGEST, _OLDEST, count)
    turned = np.array(
        [day_number(_years_before(as_of, years)) for years in range(_OLDEST + 1)], dtype=np.int64
    )
    return turned[age] - between(rng, 0, 364, count)


def _years_before(day: date, years: int) -> date:
    """The same day `years` earlier; February 29 becomes the 28th."""
    try:
        return day.replace(year=day.year - years)
    except ValueError:
        return day.replace(year=day.year - years, day=28)


def _half_year_before(day: date) -> date:
    month = (day.month - 7) % 12 + 1
    return date(day.year - (month > day.month), month, min(day.day, 28))
