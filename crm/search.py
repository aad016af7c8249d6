"""One box that finds customers by anything people know of them.

Name parts (mistyped ones too), phone in any notation, e-mail, plate, VIN or its last 8, RO number.
Everything stands in `customer_search.document` under one trigram index.
"""

import json
import re
import unicodedata
from dataclasses import dataclass
from uuid import UUID

from django.db import connection

from crm.phones import digits

# How many candidates are ranked for each hit that is wanted; a word that more customers have
# needs a second word beside it.
CANDIDATES_PER_HIT = 4
SHORTEST = 3
VIN_LENGTH = 17
PHONE_DIGITS = 10
LONGEST_QUERY = 200
_LOOKS_LIKE_PHONE = re.compile(r"[\d\s().+\-/]+")
_SPECIAL_LETTERS = str.maketrans({"ß": "ss", "ø": "o", "ł": "l", "æ": "ae", "œ": "oe", "đ": "d"})

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

    One query; two for a whole phone number, e-mail address or VIN that nobody has, three when
    nothing matches and the words have to be guessed.
    """
    words = query_words(text)
    long_words = [word for word in words if len(word) >= SHORTEST]
    if not words:
        return []
    if not long_words:
        return _by_short_name(words[0], limit)
    hits = _exactly(long_words[0]) if len(long_words) == 1 else []
    # Documents hold e-mail addresses without their domain.
    long_words = [re.sub("@.*", "@", word) for word in long_words]
    hits = hits or _find([[_telling_pattern(word)] for word in long_words], long_words, limit)
    if hits or any(char.isdigit() or char == "@" for char in "".join(long_words)):
        return hits
    groups = _guesses(long_words)
    return _find(groups, long_words, limit, guessed=True) if groups else []


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


def _find(
    groups: list[list[str]], words: list[str], limit: int, *, guessed: bool = False
) -> list[Hit]:
    """Customers whose document has one pattern of each group."""
    escaped = [_escaped(word) for word in words]
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT c.id, c.name, c.phone, coalesce(c.city, ''), coalesce(c.state, ''),
                   {VEHICLES}, best.document, best.rank
            FROM (
                SELECT f.customer_id, f.document,
                       CASE WHEN f.document LIKE ALL (%(whole)s::text[]) THEN 0
                            WHEN f.document LIKE ANY (%(edge)s::text[]) THEN 1
                            ELSE 2 END AS rank
                FROM matching_documents(%(groups)s::jsonb, %(cap)s) AS f
                WHERE %(guessed)s OR f.document LIKE ALL (%(inside)s::text[])
                ORDER BY rank, f.document
                LIMIT %(limit)s
            ) AS best
            JOIN customers AS c ON c.id = best.customer_id
            ORDER BY best.rank, best.document
            """,  # noqa: S608
            {
                "groups": json.dumps(groups),
                "cap": CANDIDATES_PER_HIT * limit,
                "guessed": guessed,
                "inside": [f"%{word}%" for word in escaped],
                "whole": [f"% {word} %" for word in escaped],
                "edge": [f"% {word}%" for word in escaped] + [f"%{word} %" for word in escaped],
                "limit": limit,
            },
        )
        rows = cursor.fetchall()
    return [
        Hit(key, name, phone, city, state, vehicles, _kind(document, words[0]), rank)
        if not guessed
        else Hit(key, name, phone, city, state, vehicles, "similar", 3)
        for key, name, phone, city, state, vehicles, document, rank in rows
    ]


def _telling_pattern(word: str) -> str:
    """The LIKE pattern that the index is asked for; of a VIN its last 8.

    What thousands share (a manufacturer's code) costs time and tells nothing; the whole word is
    compared on the few documents that come back.
    """
    return f"%{_escaped(word[-8:])} %" if len(word) == VIN_LENGTH else f"%{_escaped(word)}%"


def _exactly(word: str) -> list[Hit]:
    """Who has this whole phone number, e-mail address or VIN; unique indexes know at once."""
    if word.isdigit() and len(word) == PHONE_DIGITS:
        return _rows("phone = %s", [f"+1{word}"], "phone", limit=1)
    if "@" in word:
        return _rows("lower(email) = %s", [word], "email", limit=1)
    if len(word) == VIN_LENGTH:
        owner = "id = (SELECT customer_id FROM vehicles WHERE vin = %s)"
        return _rows(owner, [word.upper()], "vin", limit=1)
    return []


def _by_short_name(prefix: str, limit: int) -> list[Hit]:
    """One or two letters are too few for trigrams: last names that begin with them."""
    return _rows(
        "lower(last_name) LIKE %s ORDER BY lower(last_name) USING ~<~",
        [f"{_escaped(prefix)}%"],
        "name",
        limit=limit,
    )


def _rows(condition: str, values: list[str], matched: str, *, limit: int) -> list[Hit]:
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


def _guesses(words: list[str]) -> list[list[str]]:
    """For each word the patterns of name words that look like it; empty when one has none."""
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
    groups = [[f"%{_escaped(guess)}%" for guess in close.get(word, [])] for word in words]
    return groups if all(groups) else []


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


def _escaped(word: str) -> str:
    return re.sub(r"([\\%_])", r"\\\1", word)
