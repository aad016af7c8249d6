"""The installation's addresses, and a gallery that shows every component once."""

from datetime import UTC, datetime

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import include, path

from crm.templatetags.lanewise import BADGES


class GalleryForm(forms.Form):
    name = forms.CharField(help_text="As on the driving licence.")
    kind = forms.ChoiceField(choices=[("retail", "Retail"), ("fleet", "Fleet")])
    notes = forms.CharField(widget=forms.Textarea(attrs={"rows": 2}), required=False)
    reminders = forms.BooleanField(required=False)


@login_required
def gallery(request: HttpRequest) -> HttpResponse:
    form = GalleryForm(request.POST or None)
    if request.method == "POST" and request.headers.get("HX-Request"):
        return render(request, "gallery_form.html", {"form": form}, status=422)
    for level in (messages.SUCCESS, messages.WARNING, messages.ERROR, messages.INFO):
        messages.add_message(request, level, "Saved at 9:30 AM, one line was refused.")
    at = datetime(2026, 11, 21, 14, 30, tzinfo=UTC)
    return render(request, "gallery.html", {"form": form, "badges": list(BADGES), "at": at})


urlpatterns = [path("gallery/", gallery, name="gallery"), path("", include("config.urls"))]
handler404 = "crm.error_pages.page_not_found"
handler500 = "crm.error_pages.server_error"
