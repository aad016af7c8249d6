"""The board: pipeline, distribution, movers, hot prospects, stale customers."""

from django.http import HttpRequest, HttpResponse, QueryDict

from crm.listing import clean_query
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
        "distribution": charts.distribution(pipeline.bins),
        "bins": [
            (place * service.BIN, count) for place, count in enumerate(pipeline.bins) if count
        ],
        "bin_width": service.BIN,
        "up": up,
        "down": down,
        "prospects": service.prospects(found),
        "stale": service.stale(found),
    }
    return answer_list(request, "warmth/board.html", context, fragment="warmth/_board.html")


def _hot(query: QueryDict) -> str:
    """The same filters, for the two warmest levels."""
    narrowed = query.copy()
    narrowed.setlist("level", [WarmthLevel.SCORCHING.value, WarmthLevel.HOT.value])
    return clean_query(narrowed)
