"""Webhooks: receivers, what they got, trying them out."""

from typing import Any, cast
from uuid import UUID

from django.contrib import messages
from django.db.models import F, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _

from crm.exceptions import Refused
from crm.forms.webhooks import WebhookForm
from crm.listing import keyset_page
from crm.models import User, WebhookDelivery, WebhookEndpoint
from crm.services import webhooks as service
from crm.views.common import FORM, WRITE, allowed, go, posted

CAPABILITY = "webhooks:write"
ORDERS = {"id": ("id",)}


@allowed(CAPABILITY, FORM)
def webhooks(request: HttpRequest) -> HttpResponse:
    """The receivers, and the form of a new one, whose secret is part of the answer and stands
    nowhere else."""
    form = WebhookForm(posted(request))
    made: dict[str, Any] = {}
    if request.method == "POST" and form.is_valid():
        try:
            endpoint, secret = service.create_endpoint(
                data=form.cleaned_data, by=cast(User, request.user)
            )
        except Refused as refused:
            form.refuse(refused)
        else:
            form, made = WebhookForm(), {"secret": secret, "endpoint": endpoint}
    context = {"form": form, "webhooks": WebhookEndpoint.objects.all(), **made}
    return render(request, "crm/webhooks.html", context, status=422 if form.errors else 200)


@allowed(CAPABILITY, FORM)
def webhook(request: HttpRequest, key: UUID) -> HttpResponse:
    """One receiver: its settings and what was sent to it, newest first."""
    endpoint = get_object_or_404(WebhookEndpoint, pk=key)
    form = WebhookForm(posted(request), endpoint=endpoint)
    if request.method == "POST" and form.is_valid():
        try:
            service.update_endpoint(endpoint=endpoint, data=form.cleaned_data)
        except Refused as refused:
            form.refuse(refused)
        else:
            return go(request, _address(endpoint), _("Saved."))
    return _page(request, endpoint, form, status=422 if form.errors else 200)


@allowed(CAPABILITY, WRITE)
def webhook_secret(request: HttpRequest, key: UUID) -> HttpResponse:
    """A new secret, shown in this answer alone."""
    endpoint = get_object_or_404(WebhookEndpoint, pk=key)
    secret = service.renew_secret(endpoint=endpoint)
    return _page(request, endpoint, WebhookForm(endpoint=endpoint), secret=secret)


@allowed(CAPABILITY, WRITE)
def webhook_test(request: HttpRequest, key: UUID) -> HttpResponse:
    endpoint = get_object_or_404(WebhookEndpoint, pk=key)
    try:
        delivery = service.send_test(endpoint=endpoint)
    except Refused as refused:
        return go(request, _address(endpoint), str(refused), messages.ERROR)
    page = reverse("webhook_delivery", args=[delivery.pk])
    return go(request, page, _("The test is on its way."))


@allowed(CAPABILITY, WRITE)
def webhook_delete(request: HttpRequest, key: UUID) -> HttpResponse:
    endpoint = get_object_or_404(WebhookEndpoint, pk=key)
    service.delete_endpoint(endpoint=endpoint)
    return go(request, reverse("webhooks"), _("The webhook is deleted."))


@allowed(CAPABILITY)
def webhook_delivery(request: HttpRequest, key: int) -> HttpResponse:
    """What was sent and what the receiver answered."""
    found = get_object_or_404(WebhookDelivery.objects.select_related("message", "endpoint"), pk=key)
    return render(request, "crm/webhook_delivery.html", {"delivery": found})


@allowed(CAPABILITY, WRITE)
def webhook_replay(request: HttpRequest, key: int) -> HttpResponse:
    found = get_object_or_404(WebhookDelivery, pk=key)
    page = reverse("webhook_delivery", args=[found.pk])
    try:
        service.replay(delivery=found)
    except Refused as refused:
        return go(request, page, str(refused), messages.ERROR)
    return go(request, page, _("It is sent again."))


def _page(
    request: HttpRequest,
    endpoint: WebhookEndpoint,
    form: WebhookForm,
    *,
    secret: str = "",
    status: int = 200,
) -> HttpResponse:
    page = keyset_page(
        endpoint.deliveries.all(), query=request.GET, orders=ORDERS, default="-id", rows=_rows
    )
    context = {"webhook": endpoint, "form": form, "secret": secret, "page": page}
    return render(request, "crm/webhook.html", context, status=status)


def _rows(deliveries: QuerySet[Any]) -> Any:
    return deliveries.values(
        "id", "status", "created_at", "due_at", "tries", "response_status", "error",
        event=F("message__event"),
    )  # fmt: skip


def _address(endpoint: WebhookEndpoint) -> str:
    return reverse("webhook", args=[endpoint.pk])
