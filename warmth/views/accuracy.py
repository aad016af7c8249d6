"""How well versions told buyers from others, on purchases that were recorded since."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from crm.views.common import allowed
from warmth.enums import AlgorithmState
from warmth.models import WarmthAlgorithm
from warmth.services import analysis

COMPUTED_MONTHS = 3


@allowed("warmth:manage")
def accuracy(request: HttpRequest) -> HttpResponse:
    """Scores as they were recorded; with `?computed=1` also what versions, drafts too, would have
    said, which reads all events once for each day."""
    judged = analysis.recorded_accuracy()
    is_computed = request.GET.get("computed") == "1"
    if is_computed:
        days = analysis.past_days(months=COMPUTED_MONTHS)
        living = WarmthAlgorithm.objects.exclude(state=AlgorithmState.RETIRED)
        judged += [analysis.backtest(found, days=days) for found in living.order_by("created_at")]
    context = {
        "judged": judged,
        "is_computed": is_computed,
        "months": COMPUTED_MONTHS,
        "horizon_days": analysis.HORIZON_DAYS,
    }
    return render(request, "warmth/accuracy.html", context)
