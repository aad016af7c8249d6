"""Types for the arguments of commands."""

from argparse import ArgumentTypeError
from datetime import date


def day(text: str) -> date:
    """A date as 2026-11-21."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ArgumentTypeError(f"“{text}” is no date: write YYYY-MM-DD") from None
