"""Declined and deferred work that nobody has to offer any more, although no visit did it here."""

from django.utils.translation import gettext as _

from crm.constraints import translated
from crm.context import audited
from crm.enums import ClosedAs
from crm.exceptions import IllegalTransition
from crm.models import ServiceLine
from crm.services.worklist import close_work, reopen_work
from crm.services.writing import assign, locked, save_changes

WRITABLE = frozenset({"closed_as", "closed_reason"})


def close_refused(*, line: ServiceLine, closed_as: str, reason: str = "") -> ServiceLine:
    """Stop offering the work; its item on the work list is closed as well.

    Raises Invalid for work that is no longer wanted without a reason, IllegalTransition for a line
    that is not open declined or deferred work.
    """
    with audited(reason=reason), translated():
        fresh = locked(line)
        if not ServiceLine.objects.refused().filter(pk=fresh.pk).exists():
            raise IllegalTransition(
                _("This is no open declined or deferred work."),
                remedy=_("Reload the page to see what changed."),
            )
        _write(fresh, closed_as, reason.strip())
        close_work(key=f"declined:{fresh.pk}", outcome=_outcome(closed_as))
        return fresh


def reopen_refused(*, line: ServiceLine) -> ServiceLine:
    """Offer the work again, on the work list too if its item was closed with it.

    Raises IllegalTransition when nobody has closed the work.
    """
    with audited(), translated():
        fresh = locked(line)
        if not fresh.closed_as:
            raise IllegalTransition(
                _("This work is not closed."), remedy=_("Reload the page to see what changed.")
            )
        reopen_work(key=f"declined:{fresh.pk}", outcome=_outcome(fresh.closed_as))
        _write(fresh, "", "")
        return fresh


def _outcome(closed_as: str) -> str:
    """How the item on the work list ends."""
    return "done" if closed_as == ClosedAs.DONE_ELSEWHERE else closed_as


def _write(line: ServiceLine, closed_as: str, reason: str) -> None:
    data = {"closed_as": closed_as, "closed_reason": reason}
    save_changes(line, assign(line, data, WRITABLE))
