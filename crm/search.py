"""One box that finds customers by anything people know of them.

Name parts (mistyped ones too), phone in any notation, e-mail, plate, VIN or its last 8, RO number.
Everything stands in `customer_search.document`. Its words are asked first, which costs a third of
asking its trigrams; those find what stands inside of words.
"""

import json
import re
import unicodedata
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from django.db import connection

from crm.phones import digits

# How many candidates are ranked for each hit that is wanted; a word that more customers have
# needs a second word beside it.
CANDIDATES_PER_HIT = 3
SHORTEST = 3
VIN_LENGTH = 17
PHONE_DIGITS = 10
LONGEST_QUERY = 200
_LOOKS_LIKE_PHONE = re.compile(r"[\d\s().+\-/]+")
_SPECIAL_LETTERS = str.maketrans({"ß": "ss", "ø": "o", "ł": "l", "æ": "ae", "œ": "oe", "đ": "d"})

# Functions of ours whose statements stay planned (crm/migrations/sql/search_plans.sql).
WITH_WORDS = "documents_with_words(%s::tsquery, %s)"
WITH_SIMILAR_WORDS = "documents_with_similar_words(%s::text[], %s)"
WITH_PATTERN = "documents_like(%s, %s)"
WITH_PATTERNS = "matching_documents(%s::jsonb, %s)"


@dataclass(frozen=True)
class Hit:
    """One customer found. `matched` is phone, email, vin, plate, ro, name or similar; a smaller
    `rank` is a better match: 0 a whole word, 1 the beginning or end of one, 2 inside, 3 guessed."""

    customer_id: UUID
    name: str
    phone: str
    city: str
    state: str
    vehicles: str
    matched: str
    rank: int


def search_customers(text: str, limit: int = 20) -> list[Hit]:
    """The best `limit` matches of `text`, best first, equal ones by name.

    What begins with the words of `text` hides what merely contains them, and a page full of last
    names that do hides the rest. One query for a whole phone number, e-mail address, VIN or a
    common last name; one or two more for other words, one more for what stands inside of words,
    one more when nothing matches and the words have to be guessed.
    """
    words = query_words(text)
    long_words = [word for word in words if len(word) >= SHORTEST]
    if not words:
        return []
    if not long_words:
        return _by_last_name(words[0], limit)
    hits = _at_once(long_words[0], limit) if len(long_words) == 1 else []
    # Documents hold e-mail addresses without their domain.
    long_words = [re.sub("@.*", "@", word) for word in long_words]
    hits = hits or _with_words(long_words, limit) or _inside(long_words, limit)
    if hits or any(_has_digit(word) or "@" in word for word in long_words):
        return hits
    hits = _by_similar_last_name(long_words[0], limit) if len(long_words) == 1 else []
    return hits or _find(WITH_SIMILAR_WORDS, long_words, long_words, limit, guessed=True)


def query_words(text: str) -> list[str]:
    """What to look for: one run of digits for a phone number, else words without accents."""
    text = text[:LONGEST_QUERY].strip().replace("\x00", "")
    if _LOOKS_LIKE_PHONE.fullmatch(text) and len(digits(text)) >= SHORTEST:
        return [digits(text)]
    plain = unicodedata.normalize("NFKD", text.lower().translate(_SPECIAL_LETTERS))
    letters = "".join(char for char in plain if not unicodedata.combining(char))
    if "@" in letters:
        return letters.split()
    return re.findall(r"[^\s\-,.;]+", re.sub(r"['\u2019]", "", letters))


def _with_words(words: list[str], limit: int) -> list[Hit]:
    """Customers with words that begin like each of `words`.

    Of numbers and plates only whole ones: six digits that begin an RO number may be meant as the
    end of a VIN.
    """
    parts = [part for word in words for part in re.findall("[a-z0-9]+", _end_of_vin(word))]
    if not parts:
        return []
    wanted = " & ".join(part if _has_digit(part) else f"{part}:*" for part in parts)
    return _find(WITH_WORDS, wanted, words, limit)


def _inside(words: list[str], limit: int) -> list[Hit]:
    """Customers whose document contains each of `words`, wherever."""
    patterns = [_telling_pattern(word) for word in words]
    if len(patterns) == 1:
        return _find(WITH_PATTERN, patterns[0], words, limit)
    return _find(WITH_PATTERNS, json.dumps([[pattern] for pattern in patterns]), words, limit)


def _find(
    source: str, wanted: str | list[str], words: list[str], limit: int, *, guessed: bool = False
) -> list[Hit]:
    """The best of the candidates that `source` (SQL of ours) finds for `wanted`.

    Candidates are ranked here, and the best of them described by a second statement.
    """
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM {source}", [wanted, CANDIDATES_PER_HIT * limit])  # noqa: S608
        found = [
            (3 if guessed else _rank(document, words), document, key)
            for key, document in cursor.fetchall()
            if guessed or all(word in document for word in words)
        ]
    best = sorted(found)[:limit]
    if not best:
        return []
    described = {hit.customer_id: hit for hit in _described("%s", [[key for *_, key in best]])}
    return [
        replace(
            described[key], rank=rank, matched="similar" if guessed else _kind(document, words[0])
        )
        for rank, document, key in best
        if key in described
    ]


def _rank(document: str, words: list[str]) -> int:
    """How well the words of a question stand in a document: see `Hit.rank`."""
    if all(f" {word} " in document for word in words):
        return 0
    return 1 if any(f" {word}" in document or f"{word} " in document for word in words) else 2


def _telling_pattern(word: str) -> str:
    """The LIKE pattern that the index is asked for; of a VIN its last 8.

    What thousands share (a manufacturer's code) costs time and tells nothing; the whole word is
    compared on the few documents that come back.
    """
    return f"%{_escaped(word[-8:])} %" if len(word) == VIN_LENGTH else f"%{_escaped(word)}%"


def _at_once(word: str, limit: int) -> list[Hit]:
    """What an index of `customers` or `vehicles` knows by itself: who has this whole phone number,
    e-mail address or VIN, or a page full of people whose last names begin with the word."""
    if word.isalpha():
        hits = _by_last_name(word, limit)
        return hits if len(hits) == limit else []
    if word.isdigit() and len(word) == PHONE_DIGITS:
        return _owner("SELECT id FROM customers WHERE phone = %s", f"+1{word}", "phone")
    if "@" in word:
        return _owner("SELECT id FROM customers WHERE lower(email) = %s", word, "email")
    if len(word) == VIN_LENGTH:
        return _owner("SELECT customer_id FROM vehicles WHERE vin = %s", word.upper(), "vin")
    return []


def _owner(condition: str, value: str, matched: str) -> list[Hit]:
    """The one customer whom a unique index names."""
    return _described(f"ARRAY({condition})", [value], matched)


def _by_last_name(prefix: str, limit: int) -> list[Hit]:
    """Last names that begin with `prefix`, the whole one first. Its one or two letters may be too
    few for trigrams, its customers too many to rank."""
    keys = """
        ARRAY(SELECT id FROM customers WHERE lower(last_name) LIKE %s
              ORDER BY lower(last_name) USING ~<~ LIMIT %s)
    """
    return _described(keys, [f"{_escaped(prefix)}%", limit], "name", rank=1)


def _by_similar_last_name(word: str, limit: int) -> list[Hit]:
    """A page full of people whose last names `word` may have been meant to be, or nobody."""
    keys = "ARRAY(SELECT customers_with_similar_last_name(%s, %s))"
    hits = _described(keys, [word, limit], "similar", rank=3)
    return hits if len(hits) == limit else []


def _described(keys: str, values: list[Any], matched: str = "", rank: int = 0) -> list[Hit]:
    """Hits for the customers whose `keys` an array tells (SQL of ours, never of a user)."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM described_customers({keys}::uuid[])", values)  # noqa: S608
        return [
            Hit(key, name, phone, city, state, vehicles, matched, rank)
            for key, name, phone, city, state, vehicles in cursor.fetchall()
        ]


def _kind(document: str, word: str) -> str:
    """Which of the document's parts `word` was found in."""
    part = next((part for part in document.split() if word in part), "")
    if "@" in part:
        return "email"
    if len(part) == 17:
        return "vin"
    if part.isdigit():
        return "phone" if len(part) >= 10 else "ro"
    if part.replace("-", "").isalpha():
        return "name"
    return "ro" if part.startswith("ro") else "plate"


def _end_of_vin(word: str) -> str:
    return word[-8:] if len(word) == VIN_LENGTH else word


def _has_digit(word: str) -> bool:
    return any(char.isdigit() for char in word)


def _escaped(word: str) -> str:
    return re.sub(r"([\\%_])", r"\\\1", word)
