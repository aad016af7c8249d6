"""Permissions to contact one customer: the card of their page, and the page behind it."""

from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from crm.enums import Channel, ConsentBasis, ContactPurpose
from crm.exceptions import Invalid, Refused
from crm.forms.outreach import StatementForm
from crm.models import Consent, Customer
from crm.outreach import describe_scope
from crm.services import consent as service
from crm.services.permission import decide_many
from crm.views.common import FORM, allowed, answer, go, posted
from crm.views.customer_card import customer_or_404

SHOWN_STATEMENTS = 8


@allowed("consent:read", FORM)
def customer_permissions(request: HttpRequest, key: UUID) -> HttpResponse:
    """What may be said to the customer now, over which channel; POST adds to the ledger."""
    customer, form = customer_or_404(key), StatementForm(posted(request))
    if request.method == "POST":
        if not request.user.can("consent:write"):  # type: ignore[union-attr]
            raise PermissionDenied
        if form.is_valid():
            try:
                _record(customer, form.cleaned_data)
            except Refused as refused:
                form.refuse(refused)
            else:
                return go(
                    request, reverse("customer_permissions", args=[customer.pk]), _("Recorded.")
                )
    context = {"customer": customer, "form": form, **_facts(customer)}
    status = 422 if form.errors else 200
    return answer(request, "crm/consent.html", context, fragment="crm/_consent.html", status=status)


def _record(customer: Customer, said: dict[str, Any]) -> None:
    scope = {name: said[name] for name in ("channel", "purpose", "basis", "note")}
    if said["statement"] == StatementForm.OPTS_OUT:
        service.opt_out(customer=customer, source="page", **scope)
        return
    if not said["purpose"]:
        raise Invalid(
            _("An agreement names what it is about."), field="purpose", remedy=_("Choose one.")
        )
    service.record_consent(customer=customer, source="page", **scope)


def _facts(customer: Customer) -> dict[str, Any]:
    """Decisions of the gate and the latest statements, in four queries."""
    wishes = {
        (purpose, channel): (customer.pk, channel, purpose)
        for purpose in ContactPurpose.values
        for channel in Channel.outbound()
    }
    decisions = decide_many(wishes.values())
    statements = Consent.objects.filter(customer=customer).select_related("recorded_by")
    return {
        "channels": [Channel(name).label for name in Channel.outbound()],
        "purposes": [
            (
                ContactPurpose(purpose).label,
                [decisions[wishes[purpose, channel]] for channel in Channel.outbound()],
            )
            for purpose in ContactPurpose.values
        ],
        "statements": [
            {
                "line": line,
                "scope": describe_scope(line.channel, line.purpose),
                "how": ConsentBasis(line.basis).label,
            }
            for line in statements[:SHOWN_STATEMENTS]
        ],
    }
