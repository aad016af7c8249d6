"""The installation's addresses, and a gallery that shows every component once."""

from datetime import UTC, datetime

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import include, path

from crm.charts import Chart, Series
from crm.templatetags.lanewise import BADGES

DAYS = [1_760_000_000_000 + 86_400_000 * day for day in range(5)]
CHARTS = [
    Chart(
        "From prior to posterior",
        [Series("Probability", [(0, 15), (15, 41), 41], tones=["muted", "danger", "primary"])],
        ["Prior", "Starts", "Posterior"],
        horizontal=True,
        unit=" %",
        low=0,
        high=100,
    ),
    Chart("Leads by band", [Series("Leads", [30, None, 30])], ["High", "Medium", "Low"]),
    Chart(
        "Score over time",
        [
            Series("Score", list(zip(DAYS, (40, 45, 45, 60, 72), strict=True)), shape="step"),
            Series("Observed", [(DAYS[1], 44), (DAYS[3], 58)], tone="danger", shape="points"),
        ],
        kind="xy",
        x="date",
        decimals=2,
        size="small",
    ),
]


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
    context = {"form": form, "badges": list(BADGES), "at": at, "charts": CHARTS}
    return render(request, "gallery.html", context)


urlpatterns = [path("gallery/", gallery, name="gallery"), path("", include("config.urls"))]
handler404 = "crm.error_pages.page_not_found"
handler500 = "crm.error_pages.server_error"
