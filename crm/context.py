"""Who is acting, carried from the entry point to the audit triggers of the database."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction


@dataclass(frozen=True)
class Acting:
    """One actor: `actor_id` is a user's key or None, `source` one of
    page, api, admin, task, command, import, seed."""

    actor_id: str = ""
    label: str = ""
    source: str = "command"
    request_id: str = ""


NOBODY = Acting()
_acting: ContextVar[Acting] = ContextVar("acting", default=NOBODY)


def current() -> Acting:
    return _acting.get()


@contextmanager
def acting(
    *, actor: Any = None, label: str = "", source: str, request_id: str = ""
) -> Iterator[Acting]:
    """Everything written inside is attributed to `actor` (a User or None) and `source`."""
    value = Acting(
        actor_id=str(actor.pk) if actor is not None else "",
        label=label or (actor.get_username() if actor is not None else ""),
        source=source,
        request_id=request_id,
    )
    token = _acting.set(value)
    try:
        yield value
    finally:
        _acting.reset(token)


def acting_in_background(name: str) -> AbstractContextManager[Acting]:
    """The actor of a task or job: nobody, labelled with its name."""
    return acting(label=name, source="task")


@contextmanager
def audited(*, reason: str = "", **settings: str) -> Iterator[None]:
    """A transaction whose writes the audit triggers attribute to the current actor.

    Further `settings` become transaction-local `lanewise.<name>` variables (for example
    `mileage_correction`). They are transaction-local because a kept connection would carry
    session settings into somebody else's request.
    """
    who = current()
    values = {
        "actor": who.actor_id,
        "actor_label": who.label,
        "source": who.source,
        "request_id": who.request_id,
        "reason": reason,
        **settings,
    }
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT " + ", ".join(["set_config(%s, %s, true)"] * len(values)),
                [part for name, value in values.items() for part in (f"lanewise.{name}", value)],
            )
        yield
