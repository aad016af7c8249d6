"""Business refusals. Pages show them at the field, the API as problem details, commands as text."""


class Refused(Exception):  # noqa: N818  (a refusal is an answer, not an error)
    """An action that the dealership's rules do not allow.

    `code` is stable and machine-readable, `message` a sentence for a person, `field` the input
    to look at (None for the whole form), `remedy` what to do instead, `status` the HTTP status.
    """

    code = "refused"
    status = 409

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        field: str | None = None,
        remedy: str = "",
        status: int | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code or self.code
        self.field = field
        self.remedy = remedy
        self.status = status or self.status

    def __str__(self) -> str:
        return f"{self.message} {self.remedy}".strip()


class Invalid(Refused):
    """A value that breaks a rule of its field."""

    code = "invalid"
    status = 422


class Duplicate(Refused):
    """Somebody or something with this value exists already."""

    code = "duplicate"


class SlotTaken(Refused):
    """The bay or the technician has another appointment at that time."""

    code = "slot_taken"


class ShopClosed(Refused):
    """The requested time is outside opening hours."""

    code = "shop_closed"
    status = 422


class IllegalTransition(Refused):
    """The appointment's status does not lead where the caller wants it."""

    code = "illegal_transition"


class StaleWrite(Refused):
    """Somebody changed the record since the caller read it."""

    code = "stale"
    status = 412


class HasHistory(Refused):
    """A record that others stand on cannot be deleted."""

    code = "has_history"
