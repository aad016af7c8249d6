"""The state that a ZIP of the Southeast lies in, by its first three digits (USPS)."""

_RANGES = (
    (270, 289, "NC"), (290, 299, "SC"), (300, 319, "GA"), (320, 349, "FL"), (350, 369, "AL"),
    (370, 385, "TN"), (386, 397, "MS"), (398, 399, "GA"), (700, 714, "LA"),
)  # fmt: skip
_NOT_FLORIDA = range(340, 341)  # armed forces in the Americas


def state_of(zip_code: str | None) -> str | None:
    """Two letters, or None elsewhere. `zip_code` is 12345 or 12345-6789."""
    prefix = (zip_code or "")[:3]
    if not (prefix.isascii() and prefix.isdigit()) or int(prefix) in _NOT_FLORIDA:
        return None
    number = int(prefix)
    return next((state for low, high, state in _RANGES if low <= number <= high), None)
