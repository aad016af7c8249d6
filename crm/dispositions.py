"""How a worked item ends, and what its chance of success is. Standard library only.

The dispositions are those that call centres of dealerships use; `recycle_days` is how long an
item stays away before it is offered again, None when it is closed for good.
"""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal


@dataclass(frozen=True)
class Disposition:
    """`reached` says whether a person was spoken to, None when no contact was tried.
    `productive` ones are counted as success."""

    code: str
    label: str
    reached: bool | None
    recycle_days: int | None = None
    productive: bool = False

    @property
    def closes(self) -> bool:
        return self.recycle_days is None


DISPOSITIONS = {
    disposition.code: disposition
    for disposition in (
        Disposition("appointment_set", "Appointment set", True, productive=True),
        Disposition("done", "Settled", True, productive=True),
        Disposition("callback", "Call back later", True, 1),
        Disposition("left_voicemail", "Left a voicemail", False, 2),
        Disposition("no_answer", "No answer", False, 1),
        Disposition("busy", "Busy", False, 0),
        Disposition("hung_up", "Hung up", True, 14),
        Disposition("not_interested", "Not interested", True),
        Disposition("bought_elsewhere", "Bought or serviced elsewhere", True),
        Disposition("sold", "Vehicle sold", True),
        Disposition("wrong_number", "Wrong number", True),
        Disposition("bad_number", "Number does not work", False),
        Disposition("do_not_call", "Asked not to be called", True),
        Disposition("not_needed", "No longer needed", None),
    )
}
# A busy line is worth another try within the hour; 0 recycle days mean this.
BUSY_MINUTES = 30

# Chance to reach and interest somebody, before anything is known of the customer, and what an item
# is worth when its source does not say, in the shop's currency. Assumptions, until enough
# dispositions are on record: people who just called answer, people offered something seldom do.
KINDS: dict[str, tuple[str, str]] = {
    "callback": ("0.80", "300"),
    "missed_call": ("0.75", "250"),
    "voicemail": ("0.75", "250"),
    "confirmation": ("0.60", "150"),
    "no_show": ("0.50", "250"),
    "warm_prospect": ("0.45", "400"),
    "declined_work": ("0.35", "200"),
    "battery_lead": ("0.35", "200"),
    "cooled_prospect": ("0.25", "200"),
}
# How many calls the assumption above weighs as much as.
PRIOR_CALLS = 2


def default_value(kind: str) -> Decimal:
    return Decimal(KINDS[kind][1])


def chance_to_reach(kind: str, *, calls: int, reached: int) -> Decimal:
    """(2 x the kind's chance + calls that reached the customer) / (2 + calls), three decimals.

    `calls` are outbound calls to the customer of which we know how they ended. With none the
    kind's own chance stands; each silent call lowers it, each conversation raises it.
    """
    base = Decimal(KINDS[kind][0])
    chance = (PRIOR_CALLS * base + reached) / (PRIOR_CALLS + calls)
    return chance.quantize(Decimal("0.001"), ROUND_HALF_UP)
