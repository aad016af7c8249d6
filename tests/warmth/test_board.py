"""The board and the list behind its numbers."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from crm.enums import Role
from tests.crm.pages import HTMX, count_queries, signed_in
from tests.factories import CustomerFactory
from tests.warmth.factories import CustomerWarmthFactory, history_row
from warmth.models import CustomerWarmth, CustomerWarmthHistory
from warmth.services.board import movers, pipeline

pytestmark = pytest.mark.django_db
BOARD, LIST = "/warmth/", "/warmth/customers/"


def scored(score: str, **values: Any) -> CustomerWarmth:
    state = values.pop("state", "GA")
    warmth = CustomerWarmthFactory(
        customer=CustomerFactory(state=state), overall_warmth_score=Decimal(score), **values
    )
    assert isinstance(warmth, CustomerWarmth)
    return warmth


@pytest.mark.parametrize("address", [BOARD, LIST])
def test_queries_do_not_grow_with_the_rows(address: str) -> None:
    client = signed_in()
    old = timezone.now() - timedelta(days=30)
    for score in ("80", "92", "77"):
        warmth = scored(score, days_since_last_interaction=100)
        CustomerWarmth.objects.filter(pk=warmth.pk).update(created_at=old)
        history_row(warmth, score, timezone.now())
        if score == "80":
            client.get(address)
            first = count_queries(lambda: client.get(address))  # type: ignore[arg-type, return-value]
    assert count_queries(lambda: client.get(address)) == first  # type: ignore[arg-type, return-value]


def test_the_pipeline_counts_each_level_and_each_bar() -> None:
    values = {"80": 30_000, "76": 20_000, "75": None, "100": 50_000, "3": None}
    for score, value in values.items():
        scored(score, predicted_purchase_value=value)
    scored("95", is_active=False)
    found = pipeline(CustomerWarmth.objects.active())
    hot = next(stage for stage in found.stages if stage.level == "hot")
    assert (hot.customers, hot.average_score, hot.average_value) == (3, 77, 25_000)
    assert found.stages[0].level == "scorching" and found.stages[0].customers == 1
    assert (found.bins[-1], found.bins[16], found.bins[15], found.bins[0]) == (1, 1, 2, 1)
    assert (found.customers, found.total_value) == (5, 100_000)


def test_movers_are_summed_over_the_week_and_first_scores_are_none() -> None:
    now = timezone.now()
    up, down, new = scored("50"), scored("40"), scored("60")
    known = CustomerWarmth.objects.filter(pk__in=[up.pk, down.pk])
    known.update(created_at=now - timedelta(days=20))
    for warmth, change, days in (
        (up, 10, 1), (up, -3, 2), (up, 50, 9), (down, -90, 3), (new, 70, 1),
    ):  # fmt: skip
        moved(warmth, change, now - timedelta(days=days))
    gained, lost = movers(CustomerWarmth.objects.active(), narrowed=False)
    # The rows that their creation wrote count 50 and 40.
    assert [(one.customer_id, one.change) for one in gained] == [(up.customer_id, 57)]
    assert [(one.customer_id, one.change) for one in lost] == [(down.customer_id, -50)]
    client = signed_in()
    for way, name in (("up", up.customer.name), ("down", down.customer.name)):
        page = client.get(f"{LIST}?moved={way}")
        assert page.context["total"] == 1 and name in page.content.decode()


def moved(warmth: CustomerWarmth, change: int, at: datetime) -> None:
    CustomerWarmthHistory.objects.create(
        customer_warmth=warmth,
        warmth_score_snapshot=Decimal("50.00"),
        warmth_level_snapshot="lukewarm",
        change_trigger="test",
        score_change=Decimal(change),
        created_at=at,
    )


def test_filters_narrow_everything_down() -> None:
    here, there = scored("80"), scored("85", state="FL")
    client = signed_in()
    page = client.get(f"{LIST}?state=fl").content.decode()
    assert there.customer.name in page and here.customer.name not in page
    assert client.get(f"{BOARD}?state=FL").context["pipeline"].customers == 1
    assert client.get(f"{LIST}?level=hot&score_from=82&score_below=90").context["total"] == 1
    assert client.get(f"{LIST}?level=cold").context["total"] == 0
    assert client.get(f"{LIST}?engagement=None").context["total"] == 2
    assert client.get(f"{LIST}?score_from=nonsense").status_code == 200


def test_each_number_of_the_board_leads_to_its_rows() -> None:
    scored("80")
    scored("12")
    client = signed_in()
    page = client.get(BOARD).content.decode()
    assert f"{LIST}?level=hot" in page
    assert f"{LIST}?score_below=85&amp;score_from=80" in page
    assert client.get(f"{LIST}?score_from=80&score_below=85").context["total"] == 1


def test_hot_prospects_say_why_and_stale_customers_how_long() -> None:
    warmth = scored("80", engagement_score=Decimal(90), budget_qualification_score=Decimal(60))
    CustomerWarmth.objects.filter(pk=warmth.pk).update(overall_warmth_score=80)
    silent = scored("65", days_since_last_interaction=120)
    context = signed_in().get(BOARD).context
    assert context["prospects"][0]["reason"].startswith("Engagement 90, budget 60")
    assert [row["customer_id"] for row in context["stale"]] == [silent.customer_id]


def test_the_list_is_a_fragment_for_htmx_and_goes_out_as_a_file() -> None:
    warmth, client = scored("80"), signed_in(Role.MANAGER)
    fragment = client.get(LIST, headers=HTMX)
    assert b"<html" not in fragment.content and fragment["HX-Replace-Url"].startswith(LIST)
    answer = client.get(f"{LIST}?export=csv")
    text = b"".join(answer.streaming_content).decode()  # type: ignore[attr-defined]
    assert warmth.customer.name in text and "80.00,Hot" in text


def test_the_customers_page_says_where_its_card_comes_from() -> None:
    warmth = scored("80")
    page = signed_in().get(reverse("customer", args=[warmth.customer_id])).content.decode()
    assert reverse("warmth:customer_card", args=[warmth.customer_id]) in page
