"""The board: pipeline, distribution, movers, hot prospects, stale customers."""

from django.http import HttpRequest, HttpResponse, QueryDict
from django.urls import reverse

from crm.enums import ContactPurpose
from crm.listing import clean_query
from crm.services.permission import with_decisions
from crm.views.common import allowed, answer_list
from warmth import charts
from warmth.enums import WarmthLevel
from warmth.forms.filters import WarmthPageFilter
from warmth.services import board as service


@allowed("warmth:read")
def board(request: HttpRequest) -> HttpResponse:
    form = WarmthPageFilter(request.GET)
    found = form.apply()
    narrowed = bool(form.wanted())
    pipeline = service.pipeline(found)
    up, down = service.movers(found, narrowed=narrowed)
    context = {
        "form": form,
        "filtered": narrowed,
        "hot_query": _hot(request.GET),
        "pipeline": pipeline,
        "distribution": charts.distribution(pipeline.bins, _scores(request.GET)),
        "up": up,
        "down": down,
        "prospects": with_decisions(service.prospects(found), purpose=ContactPurpose.MARKETING),
        "stale": service.stale(found),
    }
    return answer_list(request, "warmth/board.html", context, fragment="warmth/_board.html")


def _scores(query: QueryDict) -> list[str]:
    """The customers of each bar of the distribution; the last ends with 100."""
    home, links = reverse("warmth:customers"), []
    for low in range(0, 100, service.BIN):
        narrowed = query.copy()
        narrowed["score_from"] = str(low)
        narrowed["score_below"] = str(low + service.BIN if low + service.BIN < 100 else 101)
        links.append(f"{home}?{clean_query(narrowed)}")
    return links


def _hot(query: QueryDict) -> str:
    """The same filters, for the two warmest levels."""
    narrowed = query.copy()
    narrowed.setlist("level", [WarmthLevel.SCORCHING.value, WarmthLevel.HOT.value])
    return clean_query(narrowed)
