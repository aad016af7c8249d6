"""Parameter sets: which one is in use, propose a challenger, preview it, activate it."""

from dataclasses import replace
from typing import Any

from django.db.models.functions import Now

from crm.constraints import translated
from crm.context import audited
from crm.exceptions import Invalid, Refused
from crm.models import User
from jobs.services import enqueue
from leads.enums import ParameterState
from leads.models import ParameterActivation, ScoringParameters
from leads.models.parameters import columns
from leads.parameters import Parameters

RESCORE = "leads.rescore"


def champion() -> ScoringParameters:
    """The set in use. Raises Refused where none is, which `migrate` puts right."""
    found = ScoringParameters.objects.champion().first()
    if found is None:
        raise Refused("No scoring parameters are in use.", remedy="Run `manage.py migrate`.")
    return found


def named(name: str) -> ScoringParameters:
    """The set of that name. Raises Invalid when there is none."""
    found = ScoringParameters.objects.filter(name=name).first()
    if found is None:
        known = ", ".join(ScoringParameters.objects.values_list("name", flat=True)[:20])
        raise Invalid(
            f"There is no parameter set “{name}”.",
            field="parameters",
            remedy=f"Choose one of {known}.",
        )
    return found


def propose(
    *,
    values: Parameters,
    name: str,
    provenance: str,
    is_calibrated: bool,
    reason: str = "",
    based_on: ScoringParameters | None = None,
    estimates: dict[str, Any] | None = None,
    by: User | None = None,
) -> ScoringParameters:
    """A new set as a challenger; `provenance` says where its numbers come from.

    `estimates` keeps the intervals and counts behind them. Raises Invalid or Duplicate.
    """
    with audited(reason=reason), translated():
        row = ScoringParameters.objects.create(
            **columns(replace(values, name=name.strip())),
            provenance=provenance.strip(),
            is_calibrated=is_calibrated,
            estimates=estimates or {},
            based_on=based_on,
            author=by,
            reason=reason.strip(),
        )
        ParameterActivation.objects.create(
            parameters=row, state=ParameterState.CHALLENGER, by=by, reason=reason.strip()
        )
    return row


def activate(*, parameters: ScoringParameters, reason: str, by: User | None = None) -> None:
    """Make `parameters` the set in use and have every open lead scored with it.

    The former one is retired. Raises Invalid without a reason, Refused when it is in use already.
    """
    if not reason.strip():
        raise Invalid(
            "Activating a parameter set needs a reason.", field="reason", remedy="Say why."
        )
    with audited(reason=reason.strip()), translated():
        states = ParameterActivation.objects.select_for_update()
        # One order of locks for everybody: all rows by key.
        rows = {row.parameters_id: row for row in states.order_by("pk")}
        wanted = rows.get(parameters.pk)
        if wanted is not None and wanted.state == ParameterState.CHAMPION:
            raise Refused("This set is in use already.", code="already_in_use")
        for row in rows.values():
            if row.state == ParameterState.CHAMPION:
                _move(row, ParameterState.RETIRED, reason, by)
        _move(
            wanted or ParameterActivation(parameters=parameters),
            ParameterState.CHAMPION,
            reason,
            by,
        )
        enqueue(RESCORE, dedup_key=RESCORE)


def retire(*, parameters: ScoringParameters, reason: str = "", by: User | None = None) -> None:
    """Take a challenger out of the comparison. Raises Refused for the set in use."""
    with audited(reason=reason), translated():
        row = ParameterActivation.objects.select_for_update().get(parameters=parameters)
        if row.state == ParameterState.CHAMPION:
            raise Refused("The set in use cannot be retired.", remedy="Activate another one.")
        _move(row, ParameterState.RETIRED, reason, by)


def _move(row: ParameterActivation, state: str, reason: str, by: User | None) -> None:
    row.state, row.reason, row.by = state, reason.strip(), by
    row.since = Now()
    row.save()
