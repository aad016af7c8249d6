"""One line of the file as values of a customer and a vehicle, or the reasons why not."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from crm.importing import parsing
from crm.importing.dates import DEFAULT_ORDERS, parse_date
from crm.importing.fields import BY_NAME, Field
from crm.importing.reading import rearmed

_NEXT_YEARS_MODELS = 2


@dataclass
class Row:
    """Values of one line; a field that is absent was empty and changes nothing."""

    line: int
    cells: Sequence[str]
    customer: dict[str, Any] = field(default_factory=dict)
    vehicle: dict[str, Any] = field(default_factory=dict)
    customer_id: UUID | None = None
    vehicle_id: UUID | None = None
    notices: list[str] = field(default_factory=list)

    @property
    def brings_vehicle(self) -> bool:
        return "vin" in self.vehicle or self.vehicle_id is not None


@dataclass(frozen=True)
class Refusal:
    """A line that stays out. `field` is the import field to look at, "" for the whole line."""

    line: int
    cells: Sequence[str]
    field: str
    reason: str


class RowReader:
    """Reads the lines of one file with one mapping.

    `orders` has the order of day and month by header (`crm.importing.dates`), `advisors` the
    keys of the advisors by lower-case name. `today` bounds dates and model years.
    """

    def __init__(
        self,
        headers: Sequence[str],
        mapping: Mapping[str, str | None],
        *,
        orders: Mapping[str, Mapping[str, str]],
        advisors: Mapping[str, int],
        today: date,
    ) -> None:
        self.headers = headers
        self.advisors, self.today = advisors, today
        self.advisor_names = {key: name.title() for name, key in advisors.items()}
        self.columns = [
            (number, BY_NAME[name], orders.get(header, DEFAULT_ORDERS))
            for number, header in enumerate(headers)
            if (name := mapping.get(header))
        ]

    def read(self, line: int, cells: Sequence[str]) -> Row | Refusal:
        if len(cells) > len(self.headers):
            return Refusal(
                line, cells, "",
                f"The row has {len(cells)} cells for {len(self.headers)} columns. "
                "Put text that contains the separator into quotation marks.",
            )  # fmt: skip
        row, faults, raw = Row(line, cells), [], {}
        for number, target, orders in self.columns:
            text = cells[number]
            if parsing.is_blank(text):
                continue
            try:
                raw[target.name] = self._value(target, text, orders, row)
            except ValueError as error:
                faults.append((target.name, f"{target.label}: {error}"))
        faults = self._assemble(row, raw, faults)
        if faults:
            return Refusal(line, cells, faults[0][0], " ".join(reason for _, reason in faults))
        return row

    def _value(self, target: Field, text: str, orders: Mapping[str, str], row: Row) -> Any:
        _refuse_unsafe(text)
        text = rearmed(text)
        kind = target.kind
        if kind in parsing.SIMPLE:
            return _sized(parsing.SIMPLE[kind](text), target.size)
        if kind in parsing.CHOICES:
            return parsing.parse_choice(kind, text)
        readers: dict[str, Callable[[], Any]] = {
            "phone": lambda: parsing.parse_phone(text),
            "date": lambda: self._date(target, text, orders),
            "year": lambda: parsing.parse_year(text, self.today.year + _NEXT_YEARS_MODELS),
            "advisor": lambda: self._advisor(text, row),
        }
        return readers[kind]()

    def _date(self, target: Field, text: str, orders: Mapping[str, str]) -> date:
        found = parse_date(text, orders, today=self.today)
        if found > self.today:
            raise ValueError(f"“{text}” is in the future. Check the year.")
        return found

    def _advisor(self, text: str, row: Row) -> int | None:
        found = self.advisors.get(" ".join(text.split()).lower())
        if found is None:
            row.notices.append(f"No advisor is called “{text}”; the advisor was left out.")
        return found

    def _assemble(
        self, row: Row, raw: dict[str, Any], faults: list[tuple[str, str]]
    ) -> list[tuple[str, str]]:
        """Sort the values onto the row; returns the faults that count in the end."""
        faults = _one_phone(raw, faults)
        _name(raw)
        row.customer_id = raw.pop("customer_id", None)
        row.vehicle_id = raw.pop("vehicle_id", None)
        for name, value in raw.items():
            if value is None:
                continue
            record = row.customer if BY_NAME[name].record == "customer" else row.vehicle
            record[name] = value
        if row.vehicle and not row.brings_vehicle and not faults:
            row.vehicle.clear()
            row.notices.append("The vehicle was left out: its VIN is missing.")
        return faults


def _refuse_unsafe(text: str) -> None:
    if "\x00" in text or "\u2400" in text:
        raise ValueError("The cell has a NUL character. Type the text anew.")
    if text[0] == "=":
        raise ValueError("The cell has a formula. Copy the column and paste it as values.")


def _sized(value: Any, size: int) -> Any:
    if size and isinstance(value, str) and len(value) > size:
        raise ValueError(f"“{value[:20]}…” has {len(value)} characters; {size} are allowed.")
    return value


def _one_phone(raw: dict[str, Any], faults: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Phone, else the other phone; a fault of one that the other makes up for does not count."""
    first, other = raw.pop("phone", None), raw.pop("phone_other", None)
    if chosen := first or other:
        raw["phone"], extension = chosen
        if extension:
            raw["phone_extension"] = extension
        return [fault for fault in faults if fault[0] not in ("phone", "phone_other")]
    return faults


def _name(raw: dict[str, Any]) -> None:
    """Fill first and last name from a full name, or from “Last, First” in the last name."""
    full = raw.pop("full_name", None)
    last = raw.get("last_name")
    if last and "first_name" not in raw and "," in last:
        full = last
        del raw["last_name"]
    if full and not ("first_name" in raw and "last_name" in raw):
        first, last = parsing.split_name(full)
        for name, value in (("first_name", first), ("last_name", last)):
            if value:
                raw.setdefault(name, parsing.smart_case(value))
