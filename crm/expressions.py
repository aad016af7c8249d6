"""Names as the database puts them together, for lists that read no model instances."""

from typing import Any

from django.db.models import F, TextField, Value
from django.db.models.functions import Cast, Coalesce, Concat, NullIf, Trim


def full_name(prefix: str = "") -> Any:
    """A user's first and last name, the user name when both are empty, null for nobody.

    `prefix` leads to the user, for example "advisor__".
    """
    # Concat takes null for empty text, so nobody has to be told from somebody without a name.
    name = Trim(Concat(f"{prefix}first_name", Value(" "), f"{prefix}last_name"))
    return Coalesce(NullIf(name, Value("")), F(f"{prefix}username"), output_field=TextField())


def vehicle_name(prefix: str = "") -> Any:
    """Year, make and model; null for no vehicle. `prefix` leads to the vehicle."""
    name = Trim(
        Concat(
            Cast(f"{prefix}year", TextField()),
            Value(" "),
            f"{prefix}make",
            Value(" "),
            f"{prefix}model",
            output_field=TextField(),
        )
    )
    return NullIf(name, Value("", output_field=TextField()))
