"""Keep and forget the filters of a list."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _

from crm.exceptions import Refused
from crm.forms.filters import SavedFilterForm
from crm.models import SavedFilter
from crm.services import saved_filters as service
from crm.views.common import WRITE, allowed, back_to, go


@allowed("customers:read", WRITE)
def saved_filter_save(request: HttpRequest) -> HttpResponse:
    user: Any = request.user
    form = SavedFilterForm(request.POST)
    home = back_to(request, reverse("home"))
    if not form.is_valid():
        return go(request, home, _("Give the filter a name."), messages.ERROR)
    try:
        kept = service.save_filter(user=user, **form.cleaned_data)
    except Refused as refused:
        return go(request, home, str(refused), messages.ERROR)
    return go(request, f"{reverse(kept.page)}?{kept.query}", _("Filter saved: %s.") % kept.name)


@allowed("customers:read", WRITE)
def saved_filter_delete(request: HttpRequest, key: UUID) -> HttpResponse:
    user: Any = request.user
    kept = get_object_or_404(SavedFilter, pk=key)
    home = back_to(request, reverse(kept.page))
    try:
        service.delete_filter(kept=kept, by=user)
    except Refused as refused:
        return go(request, home, str(refused), messages.ERROR)
    return go(request, home, _("Filter deleted: %s.") % kept.name)
