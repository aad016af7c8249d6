"""Which column is which field: guesses from the headers alone."""

import re
from collections.abc import Mapping, Sequence
from difflib import SequenceMatcher

from crm.exceptions import Invalid
from crm.importing.fields import BY_NAME, FIELDS

Columns = dict[str, str | None]

# Prefixes of dealer management systems ("CustFirstName", "VehMake", "Owner1 Cell").
_NOISE = frozenset(
    """
    customer cust cst owner owner1 buyer buyer1 client vehicle veh vhcl auto car contact primary
    the a of dms crm no num number nbr nr
    """.split()  # noqa: SIM905  (readable)
)
_LIKE_ENOUGH = 0.86


def _words(header: str) -> list[str]:
    """Lower-case words, split at signs, at camelCase and between letters and digits."""
    text = re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|(?<=[a-z])(?=\d)", " ", header)
    return re.findall(
        r"[a-z]+\d*|\d+", re.sub(r"[_\W]+", " ", text).lower().replace("e mail", "email")
    )


def _plain(header: str) -> str:
    return " ".join(_words(header))


def _bare(header: str) -> str:
    words = [word for word in _words(header) if word not in _NOISE]
    return " ".join(words)


_OWN = {_plain(name): field.name for field in FIELDS for name in (field.name, field.label)}
_EXACT: dict[str, str] = {}
_BARE: dict[str, str] = {}
for _field in FIELDS:
    for _name in (_field.name, _field.label, *_field.names):
        _EXACT.setdefault(_plain(_name), _field.name)
        if _bare(_name):
            _BARE.setdefault(_bare(_name), _field.name)


def _score(header: str) -> tuple[float, str | None]:
    plain, bare = _plain(header), _bare(header)
    if plain in _OWN:
        return 4.0, _OWN[plain]
    if plain in _EXACT:
        return 3.0, _EXACT[plain]
    joined = plain.replace(" ", "")
    for known, name in _EXACT.items():
        if known.replace(" ", "") == joined:
            return 2.5, name
    if bare in _BARE:
        return 2.0, _BARE[bare]
    if len(bare) < 4:
        return 0.0, None
    best = max(_BARE, key=lambda known: SequenceMatcher(None, bare, known).ratio())
    ratio = SequenceMatcher(None, bare, best).ratio()
    return (ratio, _BARE[best]) if ratio >= _LIKE_ENOUGH else (0.0, None)


def guess(headers: Sequence[str]) -> Columns:
    """The likeliest field of each header, None for headers that mean nothing to us.

    A field is given once, to the header that fits best (the first of equals). A second phone
    becomes the other phone.
    """
    scored = sorted(
        ((*_score(header), number, header) for number, header in enumerate(headers)),
        key=lambda item: (-item[0], item[2]),
    )
    result: Columns = dict.fromkeys(headers)
    taken: set[str] = set()
    for _, name, _, header in scored:
        if name == "phone" and name in taken:
            name = "phone_other"  # noqa: PLW2901
        if name and name not in taken:
            result[header] = name
            taken.add(name)
    return result


def checked(mapping: Mapping[str, str | None], headers: Sequence[str]) -> Columns:
    """A person's mapping against a file: unknown headers, fields or doubles raise Invalid.

    Headers that the mapping leaves out are ignored columns. Case and blanks do not matter.
    """
    known = {" ".join(header.split()).casefold(): header for header in headers}
    result: Columns = dict.fromkeys(headers)
    for raw, name in mapping.items():
        header = known.get(" ".join(raw.split()).casefold())
        if header is None:
            raise Invalid(
                f"The file has no column “{raw}”.",
                field="mapping",
                remedy=f"Its columns: {', '.join(headers)}.",
            )
        if name and name not in BY_NAME:
            raise Invalid(
                f"There is no field “{name}”.",
                field="mapping",
                remedy=f"Fields: {', '.join(BY_NAME)}.",
            )
        if name and name in result.values():
            raise Invalid(
                f"Two columns are matched with “{BY_NAME[name].label}”.",
                field="mapping",
                remedy="Choose one of them.",
            )
        result[header] = name or None
    return result


def missing(mapping: Mapping[str, str | None]) -> str:
    """Why a mapping can bring nobody in, as a sentence; empty when it can."""
    fields = {name for name in mapping.values() if name}
    if not fields & {"phone", "phone_other", "email", "vin", "customer_id", "vehicle_id"}:
        return (
            "No column is matched with a phone, an e-mail address, a VIN or an ID, so that no "
            "customer can be recognised. Match at least one of them."
        )
    return ""
