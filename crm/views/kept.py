"""What was typed before the session ended: to look at, and to send again by hand."""

from django.contrib.messages import INFO
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from crm import kept_forms
from crm.views.common import FORM, allowed, go

# Of a form's bookkeeping there is nothing to read.
UNREAD = ("version", "next")


@allowed("customers:read", FORM)
def kept_form(request: HttpRequest) -> HttpResponseBase:
    """The form with its values; POST forgets it. Sending it goes to its own page, by a click."""
    if request.method == "POST":
        kept_forms.forget(request)
        return go(request, reverse("home"), _("What you had typed is thrown away."), INFO)
    kept = kept_forms.kept_form(request)
    shown = [
        (name.replace("_", " ").capitalize(), value)
        for name, value in (kept.fields if kept else ())
        if value and name not in UNREAD and not name.startswith("initial-")
    ]
    context = {"kept": kept, "shown": shown, "mark": kept_forms.MARK}
    return render(request, "crm/kept_form.html", context)
