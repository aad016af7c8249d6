"""One box that finds customers by anything people know of them.

Name parts (mistyped ones too), phone in any notation, e-mail, plate, VIN or its last 8, RO number.
What is typed is read here; where to look for it, in which order, and which matches are best is
decided beside the data, in `found_customers` (crm/migrations/sql/one_search.sql): every statement
more would cost as much as most answers do.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection

from crm.phones import digits

SHORTEST = 3
GUESSED = 3
VIN_LENGTH = 17
PHONE_DIGITS = 10
LONGEST_QUERY = 200
_LOOKS_LIKE_PHONE = re.compile(r"[\d\s().+\-/]+")
_SPECIAL_LETTERS = str.maketrans({"ß": "ss", "ø": "o", "ł": "l", "æ": "ae", "œ": "oe", "đ": "d"})


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

    What begins with the words of `text` hides what merely contains them, a page full of last names
    that do hides the rest, and so do customers whose name or e-mail address has all of two words.
    Who nothing matches for gets what may have been meant. One query; a second one for a whole phone
    number, e-mail address or VIN that nobody has.
    """
    words = query_words(text)
    words = [word for word in words if len(word) >= SHORTEST] or words[:1]
    if not words:
        return []
    return (_owner(words[0]) if len(words) == 1 else []) or _found(words, limit)


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


def _owner(word: str) -> list[Hit]:
    """Who has this whole phone number, e-mail address or VIN: a unique index knows."""
    if word.isdigit() and len(word) == PHONE_DIGITS:
        owner, value, matched = "SELECT id FROM customers WHERE phone = %s", f"+1{word}", "phone"
    elif "@" in word:
        owner, value, matched = "SELECT id FROM customers WHERE lower(email) = %s", word, "email"
    elif len(word) == VIN_LENGTH:
        owner, value = "SELECT customer_id FROM vehicles WHERE vin = %s", word.upper()
        matched = "vin"
    else:
        return []
    rows = _rows(f"SELECT * FROM described_customers(ARRAY({owner}))", [value])  # noqa: S608  (one of three texts above)
    return [_hit(row, matched, 0) for row in rows]


def _found(words: list[str], limit: int) -> list[Hit]:
    """Who is found by words: in documents, which hold e-mail addresses without their domain."""
    words = [re.sub("@.*", "@", word) for word in words]
    names = not any(_has_digit(word) or "@" in word for word in words)
    # The two longest tell most; punctuation alone would have the index read from end to end.
    telling = [word for word in words if re.search(r"[^\W_]{2}", word)]
    patterns = [_telling_pattern(word) for word in sorted(telling, key=len, reverse=True)[:2]]
    rows = _rows(
        "SELECT * FROM found_customers(%s::text[], %s, %s::tsquery, %s::text[], %s)",
        [words, names, _word_query(words), patterns, limit],
    )
    return [_hit(row, _matched(document, rank, words[0]), rank) for *row, document, rank in rows]


def _hit(customer: Sequence[Any], matched: str, rank: int) -> Hit:
    """A row of `described_customers` as a hit."""
    key, name, phone, city, state, vehicles = customer
    return Hit(key, name, phone, city, state, vehicles, matched, rank)


def _rows(sql: str, values: list[Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return cursor.fetchall()


def _word_query(words: list[str]) -> str | None:
    """The tsquery for documents with words that begin like each of `words`.

    Of numbers and plates only whole ones: six digits that begin an RO number may be meant as the
    end of a VIN. Too much begins with one or two letters. None when nothing is left.
    """
    ends = [word[-8:] if len(word) == VIN_LENGTH else word for word in words]
    parts = [part for word in ends for part in re.findall("[a-z0-9]+", word)]
    wanted = [
        part if _has_digit(part) else f"{part}:*"
        for part in parts
        if _has_digit(part) or len(part) >= SHORTEST
    ]
    return " & ".join(wanted) or None


def _telling_pattern(word: str) -> str:
    """The LIKE pattern that the index is asked for; of a VIN its last 8.

    What thousands share (a manufacturer's code) costs time and tells nothing; the whole word is
    compared on the few documents that come back.
    """
    return f"%{_escaped(word[-8:])} %" if len(word) == VIN_LENGTH else f"%{_escaped(word)}%"


def _matched(document: str | None, rank: int, word: str) -> str:
    """Which of a document's parts `word` was found in; without one, a name or a guess."""
    if document is None:
        return "similar" if rank == GUESSED else "name"
    part = next((part for part in document.split() if word in part), "")
    if "@" in part:
        return "email"
    if len(part) == VIN_LENGTH:
        return "vin"
    if part.isdigit():
        return "phone" if len(part) >= PHONE_DIGITS else "ro"
    if part.replace("-", "").isalpha():
        return "name"
    return "ro" if part.startswith("ro") else "plate"


def _has_digit(word: str) -> bool:
    return any(char.isdigit() for char in word)


def _escaped(word: str) -> str:
    return re.sub(r"([\\%_])", r"\\\1", word)
