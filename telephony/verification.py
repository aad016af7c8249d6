"""Who is on the line: factors, points, thresholds, lockout, and whether an answer is right. Pure.

Points and limits are decided in the design: the last service and the birth date give two points,
the full address, the vehicle (last eight of the VIN, or the plate) and the calling number one
each; three points with at least one private fact open the record. A calling number can be forged,
so it adds to what somebody knows and never stands alone.

Answers are compared in constant time against `Facts` of constant size, the ones on file or
`NOBODY`, so that neither the reply nor its timing tells whether there is such a customer.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from hmac import compare_digest

from telephony import speech


class Factor(StrEnum):
    """Something that speaks for the caller being the customer."""

    BIRTH = "date_of_birth"
    SERVICE = "last_service"
    VEHICLE = "vehicle"
    ADDRESS = "address"
    CALLER = "calling_number"


POINTS = {
    Factor.SERVICE: 2,
    Factor.BIRTH: 2,
    Factor.ADDRESS: 1,
    Factor.VEHICLE: 1,
    Factor.CALLER: 1,
}
NEEDED_POINTS = 3
# While the shop hears more wrong answers than on any ordinary day: a forged calling number and one
# lucky guess are not enough then.
GUARDED_POINTS = 4
PRIVATE = frozenset({Factor.BIRTH, Factor.SERVICE})
# What is asked, in this order whoever calls: an order by what is on file would tell what is.
QUESTIONS = {
    Factor.BIRTH: "What is your date of birth?",
    Factor.SERVICE: "What did we do at your last visit, and in which month was it?",
    Factor.VEHICLE: "What are the last eight characters of your VIN, or your license plate?",
    Factor.ADDRESS: "What is your full address, with the ZIP code?",
}

CALL_LIMIT = 3
CUSTOMER_LIMIT = 5
NUMBER_LIMIT = 5
LOCK_WINDOW = timedelta(hours=24)
LIFETIME = timedelta(minutes=15)

# People say "March" of a visit on the last days of February.
MONTH_SLACK = timedelta(days=7)
COMPARED = 8
LONGEST_ANSWER = 200


@dataclass(frozen=True)
class Facts:
    """What is on file; empty values match no answer.

    `vins` and `plates` are of the vehicles on the road, `services` and `service_date` of the
    last visit. Of each list the first COMPARED are looked at.
    """

    phone: str = ""
    date_of_birth: date | None = None
    street: str = ""
    city: str = ""
    zip_code: str = ""
    vins: tuple[str, ...] = ()
    plates: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    service_date: date | None = None


# Nobody's record: as much to compare as a customer's, and nothing that an answer can equal.
NOBODY = Facts()


def points(passed: Collection[str]) -> int:
    """Points of the factors `passed`."""
    return sum(POINTS[Factor(name)] for name in set(passed))


def is_enough(passed: Collection[str], *, needed: int = NEEDED_POINTS) -> bool:
    """Whether `passed` opens the record: `needed` points, one private fact among them."""
    private = {Factor(name) for name in passed} & PRIVATE
    return bool(private) and points(passed) >= needed


def next_question(asked: Collection[str]) -> Factor | None:
    """The first question that was not asked yet; None after all of them."""
    return next((factor for factor in QUESTIONS if factor.value not in asked), None)


def recent(failures: Iterable[datetime], now: datetime) -> list[datetime]:
    """The failures of the last 24 hours, oldest first."""
    return sorted(at for at in failures if now - at < LOCK_WINDOW)


def locked_until(failures: Iterable[datetime], limit: int, now: datetime) -> datetime | None:
    """When enough of the failures will be 24 hours old; None while fewer than `limit` count."""
    counted = recent(failures, now)
    return counted[-limit] + LOCK_WINDOW if len(counted) >= limit else None


def is_right(factor: Factor, answer: str, facts: Facts, *, as_of: date) -> bool:
    """Whether `answer`, as somebody says or types it, is what is on file.

    `as_of` is today in the shop. An answer of more than LONGEST_ANSWER characters is wrong: a
    list of guesses is no answer.
    """
    checked = _CHECKS[factor](answer[:LONGEST_ANSWER], facts, as_of)
    return checked and len(answer) <= LONGEST_ANSWER


def is_calling_number(number: str, facts: Facts) -> bool:
    """Whether the call comes from the number on file (both E.164)."""
    return _equals_any(number, [facts.phone])


def _birth_date(answer: str, facts: Facts, as_of: date) -> bool:
    said = speech.spoken_date(answer, as_of=as_of)
    on_file = facts.date_of_birth.isoformat() if facts.date_of_birth else ""
    return _equals_any(said.isoformat() if said else "", [on_file])


def _vehicle(answer: str, facts: Facts, as_of: date) -> bool:
    """The plate, the VIN, or the VIN's last eight; nothing shorter."""
    said = speech.spelled(answer)
    of_vin = said[-8:] if len(said) in (8, 17) else ""
    is_end = _equals_any(of_vin, [vin[-8:] for vin in facts.vins])
    is_whole = _equals_any(said, facts.vins) or len(said) != 17
    is_plate = _equals_any(said, [_squeezed(plate) for plate in facts.plates])
    return (is_end and is_whole) or is_plate


def _address(answer: str, facts: Facts, as_of: date) -> bool:
    """House number and street, and the ZIP code or the city; the apartment may be left out."""
    said = _without_unit(speech.street_words(answer))
    street = _without_unit(speech.street_words(facts.street))
    city = speech.street_words(facts.city)
    bare = street[:-1] if street[-1:] and street[-1] in speech.STREET_SUFFIXES else street
    rest, bare_rest = said[len(street) :], said[len(bare) :]
    whole = _same(said[: len(street)], street) and _place_is_in(rest, city, facts.zip_code)
    # "12 Peachtree, 30309": people drop the word "Street", but never say another in its place.
    short = (
        _same(said[: len(bare)], bare)
        and not set(bare_rest[:1]) & speech.STREET_SUFFIXES
        and _place_is_in(bare_rest, city, facts.zip_code)
    )
    return (whole or short) and bool(street)


def _service(answer: str, facts: Facts, as_of: date) -> bool:
    """What was done at the last visit, and its month: either alone is too easy to guess."""
    named, done = kinds_of_work([answer]), kinds_of_work(facts.services)
    # An oil change has its filter by the way. More than two kinds is a list of guesses.
    named -= {"air"} if "oil" in named else set()
    is_work = bool(named) and len(named) <= 2 and named <= done
    said = speech.spoken_month(answer, as_of=as_of)
    visit = facts.service_date
    days = [visit + MONTH_SLACK * step for step in (-1, 0, 1)] if visit else []
    months = {(day.year, day.month) for day in days}
    is_month = said is not None and any(
        said[1] == month and said[0] in (None, year) for year, month in months
    )
    return is_work and is_month


# The words by which people name what was done, by kind of work.
_WORK = {
    "oil": "oil lube",
    "tires": "tire tires tyre tyres rotation rotated flat",
    "brakes": "brake brakes pads rotors",
    "battery": "battery batteries charging",
    "alignment": "alignment aligned",
    "coolant": "coolant radiator antifreeze",
    "transmission": "transmission",
    "ignition": "spark plugs plug",
    "wipers": "wiper wipers",
    "lights": "bulb bulbs headlight headlights",
    "belts": "belt belts",
    "air": "cabin air filter filters",
    "inspection": "inspection inspected multipoint checkup",
    "recall": "recall recalls",
    "suspension": "suspension shocks struts strut",
    "mileage service": "mile thousand 30000 60000 90000 scheduled",
    "body": "paint dent bumper bodywork",
    "glass": "windshield glass window",
    "diagnosis": "diagnosis diagnose diagnosed diagnostic",
    "detailing": "detail detailed detailing cleaning",
}
_KIND_OF = {word: kind for kind, known in _WORK.items() for word in known.split()}


def kinds_of_work(texts: Sequence[str]) -> frozenset[str]:
    """Kinds of work that `texts` name."""
    said = {word for text in texts for word in speech.words(text)}
    return frozenset(_KIND_OF[word] for word in said & _KIND_OF.keys())


def _place_is_in(words: Sequence[str], city: Sequence[str], zip_code: str) -> bool:
    is_zip = _equals_any(zip_code[:5], list(words))
    is_city = any(
        _same(words[at : at + len(city)], city) for at in range(max(1, len(words) - len(city) + 1))
    )
    return is_zip or (is_city and bool(city))


def _without_unit(words: Sequence[str]) -> list[str]:
    """`words` without "unit" and what follows it."""
    at = words.index("unit") if "unit" in words else len(words)
    return [*words[:at], *words[at + 2 :]]


def _same(left: Sequence[str], right: Sequence[str]) -> bool:
    return compare_digest(" ".join(left).encode(), " ".join(right).encode())


def _equals_any(said: str, on_file: Sequence[str]) -> bool:
    """Whether `said` is one of `on_file`, after COMPARED comparisons however many there are."""
    padded = [*on_file[:COMPARED], *[""] * (COMPARED - len(on_file))]
    found = [compare_digest(said.encode(), value.encode()) for value in padded]
    return any(found) and bool(said)


def _squeezed(plate: str) -> str:
    return "".join(character for character in plate.upper() if character.isalnum())


_CHECKS = {
    Factor.BIRTH: _birth_date,
    Factor.SERVICE: _service,
    Factor.VEHICLE: _vehicle,
    Factor.ADDRESS: _address,
}
