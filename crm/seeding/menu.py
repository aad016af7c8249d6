"""The workshop's menu: operations with hours and prices, reasons, remarks. Plain data.

Prices are assumptions of the trade's usual order, not measured.
"""

from dataclasses import dataclass

from crm.enums import ServiceCategory

_M, _R = ServiceCategory.MAINTENANCE.value, ServiceCategory.REPAIR.value
_I, _C = ServiceCategory.INSPECTION.value, ServiceCategory.RECALL.value


@dataclass(frozen=True)
class Operation:
    """`hours` flat-rate, `cents` the whole price; `main`, `extra` and `refused` are how often it
    is why a car comes, is done along, is declined or deferred (relative weights)."""

    code: str
    description: str
    category: str
    hours: str
    cents: int
    parts: tuple[str, ...] = ()
    main: int = 0
    extra: int = 0
    refused: int = 0


MENU = (
    Operation("LOF", "Oil and filter change", _M, "0.50", 7995, ("Oil filter", "Engine oil"), 30),
    Operation("ROT", "Tire rotation", _M, "0.40", 2995, (), 4, 12),
    Operation("MPI", "Multi-point inspection", _I, "0.30", 0, (), 2, 14),
    Operation("SVC30", "30,000 mile service", _M, "1.50", 34995,
        ("Oil filter", "Air filter", "Cabin filter"), 6),
    Operation("SVC60", "60,000 mile service", _M, "1.50", 59995,
        ("Oil filter", "Air filter", "Spark plugs"), 4),
    Operation("SVC90", "90,000 mile service", _M, "1.50", 69995,
        ("Oil filter", "Air filter", "Coolant"), 3),
    Operation("BATT", "Battery replacement", _R, "0.50", 24995, ("Battery",), 5, 0, 9),
    Operation("BATTEST", "Battery and charging test", _I, "0.30", 3995, (), 3, 5),
    Operation("BRKF", "Front brake pads and rotors", _R, "1.50", 48995,
        ("Front brake pads", "Front rotors"), 6, 0, 12),
    Operation("BRKR", "Rear brake pads and rotors", _R, "1.50", 46995,
        ("Rear brake pads", "Rear rotors"), 4, 0, 10),
    Operation("BRKFL", "Brake fluid exchange", _M, "0.80", 13995, ("Brake fluid",), 2, 2, 6),
    Operation("TIRE4", "Four tires, mounted and balanced", _R, "1.50", 87995, ("Tires",), 5, 0, 12),
    Operation("TIRE2", "Two tires, mounted and balanced", _R, "0.90", 45995, ("Tires",), 2, 0, 4),
    Operation("TIRERP", "Tire repair", _R, "0.50", 3995, ("Patch",), 3),
    Operation("ALIGN", "Four-wheel alignment", _R, "1.00", 12995, (), 3, 0, 6),
    Operation("COOL", "Coolant exchange", _M, "1.00", 17995, ("Coolant",), 2, 0, 5),
    Operation("TRANS", "Transmission fluid service", _M, "1.20", 24995,
        ("Transmission fluid",), 2, 0, 6),
    Operation("SPARK", "Spark plug replacement", _M, "1.40", 32995, ("Spark plugs",), 2, 0, 4),
    Operation("AIRF", "Engine air filter", _M, "0.20", 3995, ("Air filter",), 0, 6, 5),
    Operation("CABF", "Cabin air filter", _M, "0.20", 5995, ("Cabin filter",), 0, 6, 7),
    Operation("WIPE", "Wiper blades", _M, "0.20", 4495, ("Wiper blades",), 0, 8, 4),
    Operation("BULB", "Exterior bulb replacement", _R, "0.30", 2995, ("Bulb",), 1, 3),
    Operation("BELT", "Serpentine belt replacement", _R, "1.00", 18995,
        ("Serpentine belt",), 1, 0, 4),
    Operation("AC", "Air-conditioning service", _R, "1.20", 19995, ("Refrigerant",), 3, 0, 3),
    Operation("DIAG", "Diagnosis", _I, "1.00", 16995, (), 6),
    Operation("SUSP", "Suspension inspection", _I, "0.60", 8995, (), 2),
    Operation("STRUT", "Front struts", _R, "1.50", 98995, ("Front struts",), 1, 0, 4),
    Operation("STATE", "Emission and safety inspection", _I, "0.40", 2500, (), 5),
    Operation("RECALL", "Safety recall", _C, "1.00", 0, ("Recall kit",), 6),
    Operation("RECSW", "Recall: control-module software", _C, "0.60", 0, (), 3),
    Operation("DETAIL", "Interior and exterior detail", _M, "1.50", 19995, (), 1, 1),
)  # fmt: skip

DECLINE_REASONS = (
    "Too expensive right now",
    "Wants a second opinion",
    "Will do it at home",
    "Selling the car soon",
    "Wants to ask spouse first",
    "No time today",
    "Has a coupon elsewhere",
)
DEFER_REASONS = (
    "Still within limits, check at next visit",
    "Waiting for payday",
    "Parts on back order",
    "Wants it done before the summer trip",
    "Asked to be reminded",
)
CANCEL_REASONS = (
    "Sick",
    "Car was sold",
    "Out of town",
    "Work schedule changed",
    "Found an earlier time elsewhere",
    "Weather",
)
CONCERNS = (
    "Squeaking when braking",
    "Hard start in the morning",
    "Vibration at highway speed",
    "Check engine light is on",
    "Tire pressure light keeps coming back",
    "Air conditioning blows warm",
    "Burning smell after a long drive",
    "Pulls to the right",
    "Clunk over bumps",
    "Low oil message",
)
NOTES = (
    "Prefers Saturday mornings.",
    "Call the mobile number, never the office.",
    "Waits in the lounge; likes the corner by the window.",
    "Needs a shuttle to work.",
    "Has a service contract until next year.",
    "Asked for original parts only.",
    "Comes with a dog.",
    "Wants photographs of worn parts.",
    "Two drivers share the car; ask who brings it.",
    "Interested in a newer model in spring.",
    "Pays by company card.",
    "Please text when ready.",
    "Complained about the wash last time.",
    "Works nights; do not call before noon.",
    "Tows a boat.",
    "Sensitive to prices, quote before any work.",
)
COLORS = ("White", "Black", "Silver", "Gray", "Blue", "Red", "Green", "Brown", "Beige", "Orange")
COLOR_WEIGHTS = (26, 22, 12, 18, 10, 7, 2, 1, 1, 1)
TRIMS = ("Base", "LX", "EX", "Limited", "Premium", None)
NEXT_SERVICE = "Oil and filter change"
AI_AGENT = "AI Voice Agent"
