"""What calling about batteries brought: contacts, set rate, show rate, revenue a contact."""

from dataclasses import dataclass
from decimal import Decimal

from django.db import connection

from leads.enums import ContactUrgency
from leads.services.scoring import statement


@dataclass(frozen=True)
class Attribution:
    """Leads of one band. `contacted` and what follows count contacted leads only; of them `reached`
    answered, `booked` have a visit, `arrived` came, `won` got a battery, `revenue` is what the
    repair orders came to. Rates are percentages, None where nothing stands below the line."""

    band: str
    leads: int
    contacted: int
    reached: int
    booked: int
    arrived: int
    won: int
    revenue: Decimal

    @property
    def label(self) -> str:
        return str(ContactUrgency(self.band).label)

    @property
    def set_rate(self) -> float | None:
        return _percent(self.booked, self.contacted)

    @property
    def show_rate(self) -> float | None:
        return _percent(self.arrived, self.booked)

    @property
    def revenue_per_contact(self) -> Decimal | None:
        return self.revenue / self.contacted if self.contacted else None


def attribution() -> list[Attribution]:
    """One row for each band, most urgent first, bands without leads included. One query."""
    with connection.cursor() as cursor:
        cursor.execute(statement("attribution"))
        found = {row[0]: Attribution(*row) for row in cursor.fetchall()}
    return [
        found.get(band) or Attribution(band, 0, 0, 0, 0, 0, 0, Decimal(0))
        for band in ContactUrgency.values
    ]


def _percent(part: int, whole: int) -> float | None:
    return 100 * part / whole if whole else None
