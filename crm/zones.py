"""State and time zone of a ZIP code in the United States, from its first three digits.

Time zones are IANA names. The law binds a caller to the called person's local time, so where a
ZIP code does not settle the zone every zone that it may lie in is given, and a caller has to
respect all of them. Areas of the post office: USPS, DMM L002 (three-digit ZIP code prefixes).
Zones: 49 CFR part 71, by county; places that keep another time than the law says have both.
"""

from bisect import bisect_right

EASTERN, CENTRAL = "America/New_York", "America/Chicago"
MOUNTAIN, PACIFIC = "America/Denver", "America/Los_Angeles"
ARIZONA, ALASKA, HAWAII = "America/Phoenix", "America/Anchorage", "Pacific/Honolulu"

# First three digits at which a state's range begins; "" begins what belongs to no state here.
_STARTS = (
    (0, ""), (5, "NY"), (6, "PR"), (10, "MA"), (28, "RI"), (30, "NH"), (39, "ME"), (50, "VT"),
    (55, "MA"), (56, "VT"), (60, "CT"), (70, "NJ"), (90, ""), (100, "NY"), (150, "PA"),
    (197, "DE"), (200, "DC"), (201, "VA"), (202, "DC"), (206, "MD"), (220, "VA"), (247, "WV"),
    (270, "NC"), (290, "SC"), (300, "GA"), (320, "FL"), (340, ""), (341, "FL"), (350, "AL"),
    (370, "TN"), (386, "MS"), (398, "GA"), (400, "KY"), (430, "OH"), (460, "IN"), (480, "MI"),
    (500, "IA"), (530, "WI"), (550, "MN"), (569, ""), (570, "SD"), (580, "ND"), (590, "MT"),
    (600, "IL"), (630, "MO"), (660, "KS"), (680, "NE"), (700, "LA"), (716, "AR"), (730, "OK"),
    (733, "TX"), (734, "OK"), (750, "TX"), (800, "CO"), (820, "WY"), (832, "ID"), (840, "UT"),
    (850, "AZ"), (870, "NM"), (885, "TX"), (889, "NV"), (900, "CA"), (962, ""), (967, "HI"),
    (969, "GU"), (970, "OR"), (980, "WA"), (995, "AK"),
)  # fmt: skip
_FIRSTS = [start for start, _ in _STARTS]

_STATES = (
    ("CT DC DE GA MA MD ME NC NH NJ NY OH PA RI SC VA VT WV", (EASTERN,)),
    ("AL AR IA IL LA MN MO MS OK WI", (CENTRAL,)),
    ("CO MT NM UT WY", (MOUNTAIN,)),
    ("CA WA", (PACIFIC,)),
    ("FL IN KY MI TN", (EASTERN, CENTRAL)),
    ("KS ND NE SD TX", (CENTRAL, MOUNTAIN)),
    ("ID NV OR", (MOUNTAIN, PACIFIC)),
    ("AZ", (ARIZONA, MOUNTAIN)),
    ("AK", (ALASKA, "America/Adak")),
    ("HI", (HAWAII,)),
    ("PR", ("America/Puerto_Rico",)),
    ("VI", ("America/St_Thomas",)),
    ("GU", ("Pacific/Guam",)),
)
STATE_ZONES = {state: zones for states, zones in _STATES for state in states.split()}


def _areas(*pairs: tuple[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    """Prefixes, written "480-482 484", to their zones."""
    found = {}
    for text, zones in pairs:
        for part in text.split():
            first, _, last = part.partition("-")
            for prefix in range(int(first), int(last or first) + 1):
                found[f"{prefix:0{len(first)}d}"] = zones
    return found


# Where the ZIP code says more than the state. What a split state does not list has all its zones.
ZIP_ZONES = _areas(
    # Florida: Central west of the Apalachicola; Port St. Joe, south of the canal, is Eastern.
    ("320-323 326-339 341-349", (EASTERN,)),
    ("324-325", (CENTRAL,)),
    ("32456-32457", (EASTERN, CENTRAL)),
    # Tennessee: Chattanooga's surroundings (373) and the western edge of 377 have both.
    ("370-372 380-385", (CENTRAL,)),
    ("374 376-379", (EASTERN,)),
    ("373", (EASTERN, CENTRAL)),
    ("37723 37854", (EASTERN, CENTRAL)),
    # Alabama is Central; around Phenix City and Lanett people keep Georgia's time.
    ("368", (EASTERN, CENTRAL)),
    ("36274 36278", (EASTERN, CENTRAL)),
    # Kentucky, Indiana, Michigan
    ("400 402-418", (EASTERN,)),
    ("420-424", (CENTRAL,)),
    ("460-462 467-468 470-474 478", (EASTERN,)),
    ("464", (CENTRAL,)),
    ("480-497", (EASTERN,)),
    # The plains and Texas
    ("660-676", (CENTRAL,)),
    ("680-689", (CENTRAL,)),
    ("570-574", (CENTRAL,)),
    ("580-584", (CENTRAL,)),
    ("733 750-797", (CENTRAL,)),
    ("799 885", (MOUNTAIN,)),
    # Idaho, Oregon, Nevada, Arizona (the Navajo Nation keeps daylight saving time)
    ("832-834 836-837", (MOUNTAIN,)),
    ("838", (PACIFIC,)),
    ("970-978", (PACIFIC,)),
    ("889-897", (PACIFIC,)),
    ("850-853 855-857", (ARIZONA,)),
    ("996-999", (ALASKA,)),
)  # fmt: skip


def state_of(zip_code: str | None) -> str:
    """Postal code of the state that a ZIP code lies in; "" for military and unused prefixes."""
    prefix = (zip_code or "")[:3]
    if len(prefix) < 3 or not prefix.isdigit():
        return ""
    if prefix == "008":
        return "VI"
    return _STARTS[bisect_right(_FIRSTS, int(prefix)) - 1][1]


def zones_of(zip_code: str | None, state: str | None = None) -> tuple[str, ...]:
    """IANA zones in which somebody with this ZIP code may live; () when nothing tells.

    The ZIP code goes before the state: the place of the person, not of the paperwork.
    """
    digits = (zip_code or "")[:5]
    for length in (5, 3):
        if len(digits) >= length and digits[:length] in ZIP_ZONES:
            return ZIP_ZONES[digits[:length]]
    return STATE_ZONES.get(state_of(zip_code) or (state or "").upper(), ())
