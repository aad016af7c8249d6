"""Who was verified and who was not, unlocking, and the check for people at the desk."""

from math import ceil
from typing import Any
from uuid import UUID

from django.db.models import Count, F, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.exceptions import Refused
from crm.expressions import full_name
from crm.listing import clean_query, counted, keyset_page
from crm.models import Customer
from crm.views.common import FORM, allowed, answer, go, posted
from crm.views.customer_card import customer_or_404
from telephony.forms.verification import AnswerForm, UnlockForm, VerificationFilter
from telephony.models import CallerVerification, CallLog, VerificationAttempt
from telephony.services import verification as service
from telephony.services.verification_limits import unlock
from telephony.verification import Factor

ORDERS = {"when": ("created_at", "id")}
_STATES = {
    "locked": Q(locked_at__isnull=False),
    "verified": Q(verified_at__isnull=False),
    "failed": Q(verified_at__isnull=True) & ~Q(asked=[]),
}
LABELS = {
    Factor.BIRTH: "Date of birth",
    Factor.SERVICE: "Last service",
    Factor.VEHICLE: "VIN or plate",
    Factor.ADDRESS: "Address",
    Factor.CALLER: "Calling number",
}


@allowed("calls:manage")
def verifications(request: HttpRequest) -> HttpResponse:
    """Every attempt to verify a caller: factors and results, never answers."""
    form = VerificationFilter(request.GET)
    wanted = form.wanted().get("state", "")
    found = CallerVerification.objects.filter(_STATES.get(wanted, Q()))
    total, more = counted(found)
    context = {
        "form": form,
        "page": keyset_page(found, query=request.GET, orders=ORDERS, default="-when", rows=_rows),
        "query": clean_query(request.GET),
        "total": total,
        "more": more,
        "filtered": bool(wanted),
    }
    return answer(
        request,
        "telephony/verifications.html",
        context,
        fragment="telephony/_verifications.html",
    )


def _rows(found: QuerySet[Any]) -> list[dict[str, Any]]:
    """Claims with the labels of their factors, in one query."""
    rows = list(
        found.annotate(
            wrong=Count("attempts", filter=Q(attempts__passed=False)),
        ).values(
            "id", "created_at", "channel", "asked", "passed", "verified_at", "locked_at", "wrong",
            "refused_answers", "call_id", "customer_id",
            customer_name=F("customer__name"),
            by_name=full_name("by__"),
        )
    )  # fmt: skip
    for row in rows:
        row["factors"] = _factors(row["asked"], row["passed"])
    return rows


def _factors(asked: list[str], passed: list[str]) -> list[tuple[str, bool]]:
    """(label, passed) of what was asked and of the calling number when it counts."""
    named = [factor for factor in LABELS if factor.value in {*asked, *passed}]
    return [(LABELS[factor], factor.value in passed) for factor in named]


@allowed("calls:manage", FORM)
def verification_unlock(request: HttpRequest, key: UUID) -> HttpResponse:
    """Let a locked caller try again, for a reason."""
    claim = CallerVerification.objects.select_related("customer").filter(pk=key).first()
    if claim is None:
        raise Http404
    form = UnlockForm(posted(request))
    if request.method == "POST" and form.is_valid():
        user: Any = request.user
        try:
            unlock(claim=claim, by=user, reason=form.cleaned_data["reason"])
        except Refused as refused:
            form.refuse(refused)
        else:
            return go(request, reverse("telephony:verifications"), _("They may try again."))
    attempts = VerificationAttempt.objects.filter(verification=claim)
    context = {
        "form": form,
        "claim": claim,
        "attempts": [
            (LABELS[Factor(factor)], passed, at)
            for factor, passed, at in attempts.values_list("factor", "passed", "at")
        ],
        "unlocks": claim.unlocks.select_related("by"),
    }
    status = 422 if form.errors else 200
    return render(request, "telephony/verification_unlock.html", context, status=status)


@allowed("calls:write", FORM)
def customer_verify(request: HttpRequest, key: UUID) -> HttpResponse:
    """The check at the desk: a panel of the customer's page, or of a call (`?call=`)."""
    customer = customer_or_404(key)
    call = _call_given(request, customer)
    user: Any = request.user
    call_key = service.key_of_call(call) if call else service.key_of_desk(user, customer)
    claim = service.current(call_key)
    # On the telephone the voice agent may have asked about somebody else.
    if claim is not None and claim.customer_id != customer.pk:
        claim = None
    form = AnswerForm(posted(request))
    if request.method == "POST" and form.is_valid():
        try:
            claim = claim or service.identify_at_desk(customer=customer, by=user, call=call)
            service.answer(claim=claim, **form.cleaned_data)
        except Refused as refused:
            form.refuse(refused)
        else:
            form = AnswerForm()
            claim = service.current(call_key)
    return _panel(request, customer, call, claim, form)


def _panel(
    request: HttpRequest,
    customer: Customer,
    call: CallLog | None,
    claim: CallerVerification | None,
    form: AnswerForm,
) -> HttpResponse:
    standing = service.standing_of(claim) if claim else None
    if standing and standing.question and not form.is_bound:
        form.initial["factor"] = standing.question.value
    context = {
        "customer": customer,
        "call": call,
        "claim": claim,
        "standing": standing,
        "factors": _factors(claim.asked, claim.passed) if claim else [],
        "form": form,
        "minutes_left": _minutes_left(claim),
    }
    return answer(
        request,
        "telephony/verification.html",
        context,
        fragment="telephony/_verification.html",
        status=422 if form.errors else 200,
    )


def _minutes_left(claim: CallerVerification | None) -> int:
    if claim is None:
        return 0
    return ceil((claim.expires_at - timezone.now()).total_seconds() / 60)


def _call_given(request: HttpRequest, customer: Customer) -> CallLog | None:
    """The call that `?call=` names, when it is the customer's."""
    try:
        key = UUID(request.GET.get("call", ""))
    except ValueError:
        return None
    return CallLog.objects.filter(pk=key, customer=customer).first()
