"""New and changed vehicles, the look-up of a VIN, corrected mileage, the primary vehicle."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _

from crm import decoder, vin
from crm.exceptions import Refused, StaleWrite
from crm.forms.vehicles import DECODED, MileageForm, VehicleForm, VinForm
from crm.models import Customer, Vehicle
from crm.services import vehicles as service
from crm.views.common import FORM, WRITE, allowed, back_to, go, posted
from crm.views.customer_card import customer_or_404
from crm.views.editing import stale_form


@allowed("vehicles:write", FORM)
def vehicle_new(request: HttpRequest, key: UUID) -> HttpResponse:
    owner = customer_or_404(key)
    if _wants_decoding(request):
        return _form(request, _decoded_form(request, None), owner, None)
    form = VehicleForm(posted(request))
    if request.method == "POST" and form.is_valid():
        try:
            added = service.add_vehicle(customer=owner, data=form.changes())
        except Refused as refused:
            form.refuse(refused)
        else:
            message = _("%s was added.") % added
            return go(request, back_to(request, _page_of(owner)), message)
    return _form(request, form, owner, None)


@allowed("vehicles:write", FORM)
def vehicle_edit(request: HttpRequest, key: UUID) -> HttpResponse:
    found = _vehicle_or_404(key)
    if _wants_decoding(request):
        return _form(request, _decoded_form(request, found), found.customer, found)
    form = VehicleForm(posted(request), record=found)
    if request.method == "POST" and form.is_valid():
        try:
            service.update_vehicle(
                vehicle=found, data=form.changes(), expected_version=form.expected_version()
            )
        except StaleWrite:
            form = stale_form(form, _vehicle_or_404(key))
        except Refused as refused:
            form.refuse(refused)
        else:
            return go(request, _page_of(found.customer), _("Saved."))
    return _form(request, form, found.customer, found)


@allowed("vehicles:read")
def vin_decode(request: HttpRequest) -> HttpResponse:
    """What the VIN typed so far says: its fault, or the vehicle that it stands for."""
    form = VinForm(request.GET)
    context: dict[str, Any] = {}
    if form.is_valid() and form.cleaned_data["vin"]:
        context = read_vin(form.cleaned_data["vin"])
        context["taken"] = (
            Vehicle.objects.filter(vin=form.cleaned_data["vin"])
            .exclude(pk=_uuid(request.GET.get("vehicle")))
            .select_related("customer")
            .first()
        )
    return render(request, "crm/_vin.html", context)


def read_vin(number: str) -> dict[str, Any]:
    """`fault` (a sentence) or `decoded`; `is_short` while it is still being typed."""
    if len(number) < 17:
        return {"is_short": True, "left": 17 - len(number)}
    fault = vin.problem(number)
    return {"fault": fault, "decoded": None if fault else decoder.decode(number)}


@allowed("vehicles:correct", FORM)
def vehicle_mileage(request: HttpRequest, key: UUID) -> HttpResponse:
    found = _vehicle_or_404(key)
    form = MileageForm(posted(request))
    if request.method == "POST" and form.is_valid():
        try:
            service.correct_mileage(vehicle=found, **form.cleaned_data)
        except Refused as refused:
            form.refuse(refused)
        else:
            return go(request, _page_of(found.customer), _("The mileage was corrected."))
    context = {"form": form, "vehicle": found, "customer": found.customer}
    return render(request, "crm/vehicle_mileage.html", context, status=422 if form.errors else 200)


@allowed("vehicles:write", WRITE)
def vehicle_primary(request: HttpRequest, key: UUID) -> HttpResponse:
    found = _vehicle_or_404(key)
    service.make_primary(vehicle=found)
    message = _("%s is the primary vehicle now.") % found
    return go(request, _page_of(found.customer), message)


def _vehicle_or_404(key: UUID) -> Vehicle:
    return get_object_or_404(Vehicle.objects.select_related("customer"), pk=key)


def _page_of(owner: Customer | None) -> str:
    return reverse("customer", args=[owner.pk]) if owner else reverse("customers")


def _uuid(text: str | None) -> UUID:
    try:
        return UUID(text or "")
    except ValueError:
        return UUID(int=0)


def _wants_decoding(request: HttpRequest) -> bool:
    """The button of those who browse without JavaScript."""
    return request.method == "POST" and "decode" in request.POST


def _decoded_form(request: HttpRequest, record: Vehicle | None) -> VehicleForm:
    """The form as typed, what is empty filled in from the VIN; nothing is saved."""
    data = request.POST.copy()
    decoded = read_vin(vin.normalise(data.get("vin", ""))).get("decoded")
    for name in DECODED:
        if decoded is not None and not data.get(name):
            data[name] = str(getattr(decoded, name))
    return VehicleForm(data, record=record)


def _form(
    request: HttpRequest, form: VehicleForm, owner: Customer | None, vehicle: Vehicle | None
) -> HttpResponse:
    context = {
        "form": form,
        "customer": owner,
        "vehicle": vehicle,
        "next": back_to(request, ""),
    }
    typed = "decode" in request.POST
    status = 409 if form.is_stale else 422 if form.is_bound and form.errors and not typed else 200
    return render(request, "crm/vehicle_form.html", context, status=status)
