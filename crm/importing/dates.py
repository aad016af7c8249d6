"""Dates as people and spreadsheets write them.

3/4/2021 can be the third of April or the fourth of March. One value cannot tell, but a column
can: values such as 25/12 or 12/25 are evidence. Evidence is kept apart for each separator, as
1.2.2021 and 1/2/2021 in one column come from different hands.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

MONTH_FIRST, DAY_FIRST = "month first", "day first"
# One slip of the pen must not decide over a column, so an order needs nearly all the evidence.
NEEDED_SHARE = 0.95
_EXCEL_EPOCH = date(1899, 12, 30)
_EXCEL_LAST = 73_050  # 2099-12-31

_MONTHS = {
    name: number
    for number, names in enumerate(
        ("january", "february", "march", "april", "may", "june", "july", "august", "september",
         "october", "november", "december"),
        start=1,
    )
    for name in (names, names[:3], names[:4])
}  # fmt: skip
_TIME = re.compile(
    r"[T ]+\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?\s*([ap]\.?m\.?)?\s*(Z|[+-]\d{2}:?\d{2})?$", re.I
)
_ISO = re.compile(r"(\d{4})([-/.])(\d{1,2})\2(\d{1,2})")
_COMPACT = re.compile(r"(19|20)(\d{2})(\d{2})(\d{2})")
_NUMERIC = re.compile(r"(\d{1,2})([-/.])(\d{1,2})\2(\d{4}|\d{2})")
_WORDS = re.compile(
    r"(?:[a-z]{3,9}\.?,\s+)?(?:([a-z]{3,9})\.?[ -]+(\d{1,2})|(\d{1,2})[ -]+([a-z]{3,9})\.?)"
    r"(?:st|nd|rd|th)?,?[ -]+(\d{4}|\d{2})",
    re.I,
)
_SERIAL = re.compile(r"\d{1,5}(\.\d+)?")


@dataclass
class Evidence:
    """How often a column's numeric dates can only be read one way, by separator."""

    month_first: Counter[str] = field(default_factory=Counter)
    day_first: Counter[str] = field(default_factory=Counter)

    def see(self, text: str) -> None:
        match = _NUMERIC.fullmatch(_TIME.sub("", text))
        if match is None:
            return
        first, second = int(match[1]), int(match[3])
        if first > 12 >= second:
            self.day_first[match[2]] += 1
        elif second > 12 >= first:
            self.month_first[match[2]] += 1

    def orders(self) -> dict[str, str]:
        """The order of each separator; "" when the column contradicts itself.

        Without evidence dots mean day first, as Europeans write them, the others month first.
        """
        return {sign: self._order(sign) for sign in "/-."}

    def _order(self, sign: str) -> str:
        month, day = self.month_first[sign], self.day_first[sign]
        if month + day == 0:
            return DAY_FIRST if sign == "." else MONTH_FIRST
        if month >= NEEDED_SHARE * (month + day):
            return MONTH_FIRST
        return DAY_FIRST if day >= NEEDED_SHARE * (month + day) else ""


DEFAULT_ORDERS: Mapping[str, str] = Evidence().orders()


def orders_of(values: Iterable[str]) -> dict[str, str]:
    """`Evidence.orders` of all `values` of a column."""
    evidence = Evidence()
    for value in values:
        evidence.see(value)
    return evidence.orders()


def parse_date(text: str, orders: Mapping[str, str] = DEFAULT_ORDERS, *, today: date) -> date:
    """The date that `text` means; a time behind it is dropped.

    `orders` comes from `Evidence.orders`. Two-digit years lie between 99 years before `today`
    and its year. Raises ValueError with a sentence for a person.
    """
    bare = _TIME.sub("", text.strip())
    if match := _ISO.fullmatch(bare):
        return _date(int(match[1]), int(match[3]), int(match[4]), text)
    if match := _NUMERIC.fullmatch(bare):
        return _numeric(match, orders, text, today)
    if match := _COMPACT.fullmatch(bare):
        return _date(int(match[1] + match[2]), int(match[3]), int(match[4]), text)
    if match := _WORDS.fullmatch(bare):
        month = _MONTHS.get((match[1] or match[4]).lower())
        if month:
            return _date(_year(match[5], today), month, int(match[2] or match[3]), text)
    if _SERIAL.fullmatch(bare):
        return _serial(bare, text)
    raise ValueError(f"“{text}” is no date. Write it as 2021-03-05.")


def _numeric(match: re.Match[str], orders: Mapping[str, str], text: str, today: date) -> date:
    first, second, year = int(match[1]), int(match[3]), _year(match[4], today)
    order = orders.get(match[2], MONTH_FIRST)
    if first > 12:
        order = DAY_FIRST
    elif second > 12:
        order = MONTH_FIRST
    if not order and first != second:
        raise ValueError(
            f"“{text}” can be read two ways, and the column has dates of both kinds. "
            "Write it as 2021-03-05."
        )
    month, day = (second, first) if order == DAY_FIRST else (first, second)
    return _date(year, month, day, text)


def _serial(bare: str, text: str) -> date:
    """Days since 1899-12-30, as Excel counts. A bare year would be a day of 1905."""
    number = int(float(bare))
    if 1900 <= number <= 2100:
        raise ValueError(f"“{text}” is a year, not a date. Write it as 2021-03-05.")
    if not 1 <= number <= _EXCEL_LAST:
        raise ValueError(f"“{text}” is no date. Write it as 2021-03-05.")
    return _EXCEL_EPOCH + timedelta(days=number)


def _year(text: str, today: date) -> int:
    if len(text) == 4:
        return int(text)
    year = today.year // 100 * 100 + int(text)
    return year - 100 if year > today.year else year


def _date(year: int, month: int, day: int, text: str) -> date:
    try:
        found = date(year, month, day)
    except ValueError:
        raise ValueError(f"There is no such date as “{text}”. Write it as 2021-03-05.") from None
    if not 1900 <= year <= 2100:
        raise ValueError(f"The year of “{text}” is not between 1900 and 2100. Check it.")
    return found
