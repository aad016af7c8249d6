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

WITH_WORDS = "documents_with_words(%s::tsquery, %s)"
MATCHING = "matching_documents(%s::jsonb, %s)"
VEHICLES = """
    coalesce((
        SELECT string_agg(concat_ws(' ', v.year, v.make, v.model), ', '
                          ORDER BY v.is_primary_vehicle DESC, v.year DESC)
        FROM vehicles AS v WHERE v.customer_id = c.id
    ), '')
"""


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
    two more when nothing matches and the words have to be guessed.
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
    wanted = _guesses(long_words)
    return _find(WITH_WORDS, wanted, long_words, limit, guessed=True) if wanted else []


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
    groups = [[_telling_pattern(word)] for word in words]
    return _find(MATCHING, json.dumps(groups), words, limit)


def _find(
    source: str, wanted: str, words: list[str], limit: int, *, guessed: bool = False
) -> list[Hit]:
    """The best of the candidates that `source` (SQL of ours) finds for `wanted`.

    Candidates are ranked here and described by a second statement: one that did all of it was
    planned anew for each question, which took as long as the answer.
    """
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM {source}", [wanted, CANDIDATES_PER_HIT * limit])  # noqa: S608
        found = [
            (3 if guessed else _rank(document, words), document, key)
            for key, document in cursor.fetchall()
            if guessed or all(word in document for word in words)
        ]
    best = sorted(found)[:limit]
    described = {hit.customer_id: hit for hit in _described([key for *_, key in best])}
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


def _described(keys: list[UUID]) -> list[Hit]:
    return _rows("id = ANY (%s::uuid[])", [keys], "", limit=len(keys)) if keys else []


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
        return _rows("phone = %s", [f"+1{word}"], "phone", limit=1)
    if "@" in word:
        return _rows("lower(email) = %s", [word], "email", limit=1)
    if len(word) == VIN_LENGTH:
        owner = "id = (SELECT customer_id FROM vehicles WHERE vin = %s)"
        return _rows(owner, [word.upper()], "vin", limit=1)
    return []


def _by_last_name(prefix: str, limit: int) -> list[Hit]:
    """Last names that begin with `prefix`, the whole one first. Its one or two letters may be too
    few for trigrams, its customers too many to rank."""
    return _rows(
        "lower(last_name) LIKE %s ORDER BY lower(last_name) USING ~<~",
        [f"{_escaped(prefix)}%"],
        "name",
        limit=limit,
    )


def _rows(condition: str, values: list[Any], matched: str, *, limit: int) -> list[Hit]:
    """Hits of a condition on `customers` (SQL of ours, never of a user)."""
    rank = 0 if limit == 1 else 1
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT c.id, c.name, c.phone, coalesce(c.city, ''), coalesce(c.state, ''), {VEHICLES}
            FROM (SELECT * FROM customers WHERE {condition} LIMIT %s) AS c
            WHERE c.anonymised_at IS NULL
            ORDER BY c.last_name, c.first_name, c.id
            """,  # noqa: S608
            [*values, limit],
        )
        return [
            Hit(key, name, phone, city, state, vehicles, matched, rank)
            for key, name, phone, city, state, vehicles in cursor.fetchall()
        ]


def _guesses(words: list[str]) -> str:
    """For each word the name words that look like it, as a query; empty when one has none."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT typed, array_agg(close)
            FROM unnest(%s::text[]) AS typed, similar_name_words(left(typed, 50), 3) AS close
            GROUP BY typed
            """,
            [words],
        )
        close = dict(cursor.fetchall())
    groups = [close.get(word, []) for word in words]
    return " & ".join(f"({' | '.join(group)})" for group in groups) if all(groups) else ""


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
