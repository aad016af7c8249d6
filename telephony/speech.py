"""What people say on the telephone, turned into what is on file. Pure.

American usage: months before days, street words as USPS Publication 28 abbreviates them, letters
by the ICAO alphabet. Nothing here guesses: what cannot be read gives None or "".
"""

import re
from collections.abc import Iterator, Sequence
from datetime import date

_SMALL = str.split(
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen "
    "fifteen sixteen seventeen eighteen nineteen"
)
_NUMBERS = {word: value for value, word in enumerate(_SMALL)} | {"oh": 0, "nought": 0, "niner": 9}
_TENS = {
    word: 10 * (value + 2)
    for value, word in enumerate(str.split("twenty thirty forty fifty sixty seventy eighty ninety"))
}
_ORDINALS = {
    word: value + 1
    for value, word in enumerate(
        str.split(
            "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth "
            "thirteenth fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth "
            "twentieth"
        )
    )
} | {"thirtieth": 30}
_TIMES = {"double": 2, "triple": 3, "treble": 3}
_MONTHS = {
    name: number + 1
    for number, name in enumerate(
        str.split(
            "january february march april may june july august september october november december"
        )
    )
}
_MONTHS |= {name[:3]: number for name, number in _MONTHS.items()} | {"sept": 9}
_LETTERS = {
    word: word[0]
    for word in str.split(
        "alpha alfa bravo charlie delta echo foxtrot golf hotel india juliet juliett kilo lima "
        "mike november oscar papa quebec romeo sierra tango uniform victor whiskey whisky xray "
        "yankee zulu zee zed"
    )
}
# Said around a plate or VIN, never part of one.
_AROUND_SPELLING = frozenset(
    str.split(
        "the is it its my plate license licence vin number tag of vehicle car truck and then dash "
        "hyphen space capital letter letters digit digits last ends with in um uh"
    )
)
_SUFFIXES = {
    "avenue": "ave", "av": "ave", "boulevard": "blvd", "circle": "cir", "court": "ct",
    "cove": "cv", "crossing": "xing", "drive": "dr", "highway": "hwy", "lane": "ln",
    "parkway": "pkwy", "place": "pl", "plaza": "plz", "point": "pt", "ridge": "rdg",
    "road": "rd", "square": "sq", "street": "st", "terrace": "ter", "trail": "trl",
    "turnpike": "tpke", "way": "way", "loop": "loop", "alley": "aly",
}  # fmt: skip
STREET_SUFFIXES = frozenset(_SUFFIXES.values())
_STREET_WORDS = _SUFFIXES | {
    "north": "n", "south": "s", "east": "e", "west": "w", "northeast": "ne", "northwest": "nw",
    "southeast": "se", "southwest": "sw", "saint": "st", "mount": "mt", "fort": "ft",
    "apartment": "unit", "apt": "unit", "suite": "unit", "ste": "unit", "number": "unit",
}  # fmt: skip
_TOKEN = re.compile(r"[a-z]+|\d+(?:st|nd|rd|th)?")
_ORDINAL_DIGITS = re.compile(r"(\d+)(?:st|nd|rd|th)")


def words(text: str) -> list[str]:
    """Lower-case words and numbers of `text`; apostrophes join, all else parts."""
    return _TOKEN.findall(
        text.lower().replace("'", "").replace("\u2019", "").replace("x-ray", "xray")
    )


def number_groups(said: Sequence[str]) -> list[str]:
    """The numbers in `said` in their order, as digits: "nineteen eighty five" is 19 and 85.

    A zero said before a single digit belongs to it ("oh three" is 03). Other words are passed
    over.
    """
    groups = [group for group, _is_word in _numbers(said) if group.isdigit()]
    merged: list[str] = []
    for group in groups:
        if merged and merged[-1] == "0" and len(group) == 1:
            merged[-1] += group
        else:
            merged.append(group)
    return merged


def digits(text: str) -> str:
    """Every digit of `text` in its order, said or written: "two oh five" is 205."""
    return "".join(group for group, _ in _numbers(words(text)) if group.isdigit())


def _numbers(said: Sequence[str]) -> Iterator[tuple[str, bool]]:
    """(token, whether it was a number in words): number words become digits, others stay."""
    at = 0
    while at < len(said):
        word = said[at]
        following = said[at + 1] if at + 1 < len(said) else ""
        if word in _TIMES and (digit := _single_digit(following)):
            yield digit * _TIMES[word], True
            at += 2
            continue
        value, used = _number_at(said, at)
        yield (str(value), True) if used else (word, False)
        at += used or 1


def _single_digit(word: str) -> str:
    if word.isdigit() and len(word) == 1:
        return word
    return str(_NUMBERS[word]) if _NUMBERS.get(word, 10) < 10 else ""


def _number_at(said: Sequence[str], at: int) -> tuple[int, int]:
    """(value, words used) of the cardinal number in words at `at`; (0, 0) when there is none."""
    value, used = _below_hundred(said, at)
    if not used:
        return 0, 0
    for name, factor in (("hundred", 100), ("thousand", 1000)):
        if at + used < len(said) and said[at + used] == name and value:
            value, used = value * factor, used + 1
            skip = int(at + used < len(said) and said[at + used] == "and")
            rest, more = _number_at(said, at + used + skip)
            if more and rest < factor:
                value, used = value + rest, used + skip + more
    return value, used


def _below_hundred(said: Sequence[str], at: int) -> tuple[int, int]:
    word = said[at] if at < len(said) else ""
    if word in _TENS:
        unit = _NUMBERS.get(said[at + 1], 0) if at + 1 < len(said) else 0
        return (_TENS[word] + unit, 2) if 0 < unit < 10 else (_TENS[word], 1)
    return (_NUMBERS[word], 1) if word in _NUMBERS else (0, 0)


def _with_ordinals(said: Sequence[str]) -> list[str]:
    """`said` with ordinals as plain numbers: "twenty first" is 21, "5th" is 5."""
    result: list[str] = []
    for word in said:
        if match := _ORDINAL_DIGITS.fullmatch(word):
            result.append(match[1])
        elif word in _ORDINALS:
            tens = _TENS.get(result[-1], 0) if result and _ORDINALS[word] < 10 else 0
            result[-1:] = (
                [str(tens + _ORDINALS[word])] if tens else [*result[-1:], str(_ORDINALS[word])]
            )
        else:
            result.append(word)
    return result


def spoken_date(text: str, *, as_of: date) -> date | None:
    """The date that `text` says, in words or digits; None when it is none or not certain.

    A year of two digits is the last such year that is not after `as_of`. 14/3 can only be
    14 March; 3/4 is 4 March.
    """
    said = _with_ordinals(words(text))
    month_at = next((at for at, word in enumerate(said) if word in _MONTHS), None)
    if month_at is not None:
        return _named_month(said, month_at, as_of)
    groups = number_groups(said)
    if len(groups) == 3 and len(groups[0]) == 4:
        return _date(groups[0], groups[1], groups[2], as_of)
    if len(groups) == 3 or (len(groups) == 4 and groups[2] in ("19", "20")):
        return _date("".join(groups[2:]), groups[0], groups[1], as_of)
    run = "".join(groups)
    if len(run) == 8 and run[:2] in ("19", "20"):
        return _date(run[:4], run[4:6], run[6:], as_of)
    return _date(run[4:], run[:2], run[2:4], as_of) if len(run) in (6, 8) else None


def _named_month(said: Sequence[str], at: int, as_of: date) -> date | None:
    """ "March fourteen nineteen eighty five", "the 14th of March 1985", "1985 March 14"."""
    before, after = number_groups(said[:at]), number_groups(said[at + 1 :])
    month = str(_MONTHS[said[at]])
    if len(before) == 1 and len(before[0]) == 4 and len(after) == 1:
        return _date(before[0], month, after[0], as_of)
    if len(before) == 1:
        return _date("".join(after), month, before[0], as_of)
    return _date("".join(after[1:]), month, after[0], as_of) if after and not before else None


def _date(year: str, month: str, day: str, as_of: date) -> date | None:
    if len(year) not in (2, 4) or len(month) > 2 or len(day) > 2:
        return None
    full = int(year)
    if len(year) == 2:
        full += as_of.year // 100 * 100
        full -= 100 if full > as_of.year else 0
    if int(month) > 12:
        month, day = day, month
    try:
        return date(full, int(month), int(day))
    except ValueError:
        return None


def spoken_month(text: str, *, as_of: date) -> tuple[int | None, int] | None:
    """(year or None, month) that `text` names: "in March", "May 2025", "last month", a date."""
    whole = spoken_date(text, as_of=as_of)
    if whole is not None:
        return whole.year, whole.month
    said = words(text)
    named = next((_MONTHS[word] for word in said if word in _MONTHS), None)
    if named is not None:
        years = [group for group in number_groups(said) if len(group) == 4]
        return (int(years[0]) if years else None), named
    for phrase, back in (("this month", 0), ("last month", 1)):
        if phrase in " ".join(said):
            months = as_of.year * 12 + as_of.month - 1 - back
            return months // 12, months % 12 + 1
    return None


def spelled(text: str) -> str:
    """Letters and digits as somebody spells them: "tango sierra, T as in Tom, four two" TST42.

    Capitals and digits without blanks. A whole word that is no letter's name stays as it is
    (plates can be words).
    """
    said = words(text)
    kept: list[str] = []
    at = 0
    while at < len(said):
        word = said[at]
        if word == "double" and said[at + 1 : at + 2] == ["u"]:
            kept.append("w")
            at += 2
        elif len(word) == 1 and (length := _explained(said[at + 1 : at + 3])):
            kept.append(word)
            at += 1 + length
        else:
            if word not in _AROUND_SPELLING:
                kept.append(_LETTERS.get(word, word))
            at += 1
    return "".join(token for token, _ in _numbers(kept)).upper()


def _explained(following: Sequence[str]) -> int:
    """Words that explain the letter before them: "as in <word>", "for <word>", "like <word>"."""
    if following[:2] == ["as", "in"]:
        return 3
    return 2 if following[:1] in (["for"], ["like"]) else 0


def street_words(text: str) -> list[str]:
    """An address in one notation: "Twelve North Fifth Street" is 12 n 5th st.

    Numbers said one after the other are one number ("three oh three oh nine" is 30309); written
    ones stay apart.
    """
    tokens: list[tuple[str, bool]] = []
    for token, is_number in _numbers(_street_ordinals(words(text.replace("#", " unit ")))):
        if is_number and tokens and tokens[-1][1]:
            tokens[-1] = (tokens[-1][0] + token, True)
        else:
            tokens.append((_STREET_WORDS.get(token, token), is_number))
    return [token for token, _ in tokens]


def _street_ordinals(said: Sequence[str]) -> list[str]:
    """Ordinals as streets write them: "fifth" is 5th, "twenty third" is 23rd."""
    result: list[str] = []
    for word in said:
        if word not in _ORDINALS:
            result.append(word)
            continue
        value = _ORDINALS[word]
        if result and value < 10 and result[-1] in _TENS:
            value += _TENS[result.pop()]
        result.append(f"{value}{_ending(value)}")
    return result


def _ending(value: int) -> str:
    if value % 100 in (11, 12, 13):
        return "th"
    return {1: "st", 2: "nd", 3: "rd"}.get(value % 10, "th")
