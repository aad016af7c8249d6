"""Columns about the battery in a dealer's file: found by their headers, read cell by cell."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from crm.importing.dates import DEFAULT_ORDERS, parse_date
from crm.importing.parsing import is_blank
from crm.importing.reading import rearmed

# Headers of each field, by their letters and digits alone.
_NAMES = {
    "start_cycles_annual": (
        "start_cycles_annual", "annual starts", "starts per year", "starts a year", "starts",
        "start cycles", "ignition cycles", "engine starts", "yearly starts",
    ),
    "short_trip_percentage": (
        "short_trip_percentage", "short trips", "short trip share", "short trip percent",
        "short trips %", "short trip %", "pct short trips", "% short trips",
    ),
    "battery_test": (
        "battery_test", "battery test result", "battery result", "battery condition",
        "battery status", "battery health", "test result", "battery",
    ),
    "battery_test_date": (
        "battery_test_date", "date of battery test", "battery tested", "battery tested on",
        "battery test on", "test date", "soc date",
    ),
    "state_of_charge": (
        "state_of_charge", "soc", "soc %", "battery soc", "battery charge", "charge %",
        "state of charge %", "soc_value",
    ),
}  # fmt: skip
LABELS = {
    "start_cycles_annual": "Starts a year",
    "short_trip_percentage": "Short trips",
    "battery_test": "Battery test",
    "battery_test_date": "Date of the battery test",
    "state_of_charge": "State of charge",
}
_SOUND = {"good", "ok", "okay", "pass", "passed", "healthy", "sound", "strong"}
_WEAK = {
    "recharge", "recharged", "charge", "good recharge", "good, recharge", "charge and retest",
    "replace", "replace battery", "bad", "bad cell", "fail", "failed", "weak", "marginal", "poor",
    "low", "declined",
}  # fmt: skip
_MOST_STARTS = 100_000


@dataclass(frozen=True)
class Evidence:
    """What one row says; None is unknown. Short trips as a share of 0 to 1, the state of charge
    in percent."""

    start_cycles_annual: int | None = None
    short_trip_percentage: float | None = None
    soc_decline: bool | None = None
    soc_value: float | None = None
    soc_date: date | None = None
    notices: tuple[str, ...] = ()


def _letters(header: str) -> str:
    return re.sub(r"[^a-z0-9%]", "", header.casefold())


_FIELDS = {_letters(name): field for field, names in _NAMES.items() for name in names}


def guess(headers: Sequence[str]) -> dict[str, str]:
    """The field of each header that is about the battery; a field is given once."""
    found: dict[str, str] = {}
    for header in headers:
        field = _FIELDS.get(_letters(header))
        if field and field not in found.values():
            found[header] = field
    return found


def read(cells: Mapping[str, str], today: date) -> Evidence:
    """The evidence in the `cells` of a row, by field.

    Raises EvidenceRefused for the first cell that cannot be understood.
    """
    values: dict[str, Any] = {}
    for field, text in cells.items():
        if is_blank(text):
            continue
        try:
            values[field] = _READERS[field](rearmed(text), today)
        except ValueError as error:
            raise EvidenceRefused(field, f"{LABELS[field]}: {error}") from error
    decline, charge = values.get("battery_test"), values.get("state_of_charge")
    tested = values.get("battery_test_date")
    notices: tuple[str, ...] = ()
    if (decline, charge) == (None, None):
        tested = None
    elif tested is None:
        tested = today
        notices = ("The battery test has no date and counts as of today.",)
    return Evidence(
        start_cycles_annual=values.get("start_cycles_annual"),
        short_trip_percentage=values.get("short_trip_percentage"),
        soc_decline=decline,
        soc_value=charge,
        soc_date=tested,
        notices=notices,
    )


class EvidenceRefused(Exception):  # noqa: N818  (an answer, not an error)
    """A cell that makes its row stay out; `field` says which."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(reason)
        self.field, self.reason = field, reason


def _starts(text: str, today: date) -> int:
    bare = re.sub(r"[,\s]", "", text).removesuffix(".0")
    if not (bare.isascii() and bare.isdigit() and int(bare) <= _MOST_STARTS):
        raise ValueError(f"“{text}” is no number of starts a year. Write for example 2400.")
    return int(bare)


def _share(text: str, today: date) -> float:
    """0.45, 45 and 45 % are the same; from 0 to 1 without a sign it is a share."""
    value = _number(text.removesuffix("%"))
    share = value if value <= 1 and not text.endswith("%") else value / 100
    if not 0 <= share <= 1:
        raise ValueError(f"“{text}” is not from 0 to 100 percent.")
    return share


def _percent(text: str, today: date) -> float:
    value = _number(text.removesuffix("%"))
    if not 0 <= value <= 100:
        raise ValueError(f"“{text}” is not from 0 to 100 percent.")
    return value


def _number(text: str) -> float:
    bare = text.strip().replace(",", ".")
    if not re.fullmatch(r"\d+(\.\d+)?", bare):
        raise ValueError(f"“{text}” is no number. Write for example 45.")
    return float(bare)


def _result(text: str, today: date) -> bool:
    """Whether the test saw the charge fall."""
    word = " ".join(re.split(r"[\s_\-/&]+", text.casefold())).strip()
    if word in _SOUND | _WEAK:
        return word in _WEAK
    raise ValueError(f"“{text}” is unknown here. Write good, recharge or replace.")


def _tested(text: str, today: date) -> date:
    found = parse_date(text, DEFAULT_ORDERS, today=today)
    if found > today:
        raise ValueError(f"“{text}” is in the future. Check the year.")
    return found


_READERS: Mapping[str, Callable[[str, date], Any]] = {
    "start_cycles_annual": _starts,
    "short_trip_percentage": _share,
    "battery_test": _result,
    "battery_test_date": _tested,
    "state_of_charge": _percent,
}
