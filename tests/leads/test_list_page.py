"""The list of battery leads: filters, order, totals, files, saved filters, what it costs."""

import json
from typing import Any

import pytest
from django.db import connection
from django.http import QueryDict
from django.test import Client
from django.urls import reverse

from crm.enums import Role
from crm.listing import keyset_page
from crm.models import ExportLog, SavedFilter
from leads.explaining import LABELS
from leads.filters import STRESSORS, LeadFilter, passing, to_count
from leads.models import Lead, LeadRecord, LeadScore
from leads.parameters import EVIDENCE
from leads.services.overview import overview
from leads.views.leads import ORDERS
from tests.crm.pages import HTMX, count_queries, signed_in
from tests.leads.factories import LeadFactory, scored

pytestmark = pytest.mark.django_db
URL = "/leads/"

# One that differs from the factory's F-150 in Atlanta in everything the list can be filtered by.
OTHER = {
    "state": "FL",
    "city": "Miami",
    "vehicle_type": "suv",
    "model": "Explorer",
    "climate_zone": "coastal_hot",
    "temperature_swing": 30,
    "start_cycles_annual": 1_300,
    "short_trip_percentage": 0.2,
    "current_mileage": 31_000,
    "vehicle_age": 1,
}


@pytest.fixture
def two() -> tuple[Lead, Lead]:
    """A high risk in Atlanta and a low one in Miami."""
    return scored(LeadFactory(soc_decline=True)), scored(LeadFactory(**OTHER))


def names_on(response: Any) -> list[int]:
    return [row["id"] for row in response.context["page"].rows]


FILTERS = {
    "state": "GA",
    "city": "Atlanta",
    "type": "light_truck",
    "model": "F-150",
    "cohort": "light_truck_inland_moderate",
    "urgency": "immediate",
    "band": "high",
    "stressor": "short_trips",
    "min_mileage": "40000",
    "min_urgency": "50",
}


@pytest.mark.parametrize(("name", "value"), FILTERS.items())
def test_list_filter_keeps_only_its_leads(name: str, value: str, two: Any) -> None:
    client = signed_in()
    assert set(names_on(client.get(URL))) == {two[0].pk, two[1].pk}
    assert names_on(client.get(URL, {name: value})) == [two[0].pk]


def test_list_two_values_of_a_filter_widen_it(two: Any) -> None:
    found = names_on(signed_in().get(f"{URL}?state=GA&state=FL"))
    assert set(found) == {two[0].pk, two[1].pk}


def test_list_two_stressors_must_both_be_there(two: Any) -> None:
    short = scored(LeadFactory(start_cycles_annual=1_200))
    both = f"{URL}?stressor=short_trips&stressor=ignition_frequency"
    assert set(names_on(signed_in().get(f"{URL}?stressor=short_trips"))) == {two[0].pk, short.pk}
    assert names_on(signed_in().get(both)) == [two[0].pk]


def test_list_shows_open_leads_unless_a_status_is_asked_for(two: Any) -> None:
    Lead.objects.filter(pk=two[0].pk).update(status="won")
    client = signed_in()
    assert names_on(client.get(URL)) == [two[1].pk]
    assert names_on(client.get(f"{URL}?status=won")) == [two[0].pk]


@pytest.mark.parametrize("sort", sorted(ORDERS))
def test_list_sorts_both_ways(sort: str, two: Any) -> None:
    client, (high, low) = signed_in(), two
    assert names_on(client.get(f"{URL}?sort={sort}")) == [low.pk, high.pk]
    assert names_on(client.get(f"{URL}?sort=-{sort}")) == [high.pk, low.pk]


def test_list_pages_by_keyset_in_every_order(monkeypatch: Any) -> None:
    for _ in range(5):
        scored(LeadFactory(current_mileage=None))
    monkeypatch.setitem(keyset_page.__kwdefaults__, "size", 2)
    client = signed_in()
    for sort in ORDERS:
        seen, query = [], f"sort=-{sort}"
        while query:
            page = client.get(f"{URL}?{query}").context["page"]
            seen += [row["id"] for row in page.rows]
            query = page.next_query
        assert sorted(seen) == sorted(LeadRecord.objects.values_list("pk", flat=True)), sort


@pytest.mark.parametrize(
    "query",
    [
        "band=huge",
        "min_mileage=many",
        "min_mileage=99999999999999999999",
        "after=99999999999999999999999",
        "after=x",
        "sort=nonsense",
        "city=" + "x" * 200,
        "customer=nobody",
    ],
)
def test_list_bad_input_is_no_fault_of_the_page(query: str, two: Any) -> None:
    assert signed_in().get(f"{URL}?{query}").status_code == 200


def test_list_htmx_gets_the_results_alone(two: Any) -> None:
    response = signed_in().get(f"{URL}?state=GA&after=", headers=HTMX)
    assert b"<html" not in response.content
    assert response["HX-Replace-Url"] == f"{URL}?state=GA"


def test_list_costs_the_same_with_one_and_three_leads() -> None:
    client = signed_in()
    scored(LeadFactory())
    client.get(URL)
    one = count_queries(lambda: client.get(URL))
    for _ in range(2):
        scored(LeadFactory())
    assert count_queries(lambda: client.get(URL)) == one


def test_list_empty_says_how_leads_come() -> None:
    page = signed_in().get(URL).content.decode()
    assert "No battery leads yet" in page
    assert "No such lead" in signed_in().get(f"{URL}?state=GA").content.decode()


class TestOverview:
    def test_overview_adds_up(self, two: Any) -> None:
        found = overview(LeadRecord.objects.open())
        records = list(LeadRecord.objects.all())
        assert found.leads == sum(found.bins) == sum(found.by_urgency.values()) == 2
        assert found.opportunity == sum(record.total_opportunity for record in records)
        assert found.expected_value == sum(record.expected_value for record in records)
        assert [(place.state, place.count.leads, place.count.high) for place in found.places] == [
            ("FL", 1, 0),
            ("GA", 1, 1),
        ]

    def test_overview_beyond_the_cap_takes_the_most_urgent(
        self, two: Any, monkeypatch: Any
    ) -> None:
        monkeypatch.setattr("leads.services.overview.MOST_LEADS", 1)
        found = overview(LeadRecord.objects.open())
        assert found.is_capped
        assert [place.state for place in found.places] == ["GA"]

    def test_overview_numbers_link_to_their_rows(self, two: Any) -> None:
        client = signed_in()
        page = client.get("/leads/overview?type=light_truck&type=suv", headers=HTMX)
        link = f"{URL}?type=light_truck&amp;type=suv&amp;state=GA&amp;city=Atlanta"
        assert link in page.content.decode().replace("&type", "&amp;type")
        assert names_on(client.get(link.replace("&amp;", "&"))) == [two[0].pk]

    def test_overview_says_uncalibrated(self, two: Any) -> None:
        assert "uncalibrated" in signed_in().get("/leads/overview").content.decode()


class TestFiles:
    @staticmethod
    def fetch(client: Client, url: str) -> str:
        return b"".join(client.get(url).streaming_content).decode()  # type: ignore[attr-defined]

    def test_json_has_the_leads_of_the_filter_in_sections(self, two: Any) -> None:
        text = self.fetch(signed_in(), "/leads/vin_leads_database.json?state=GA")
        (lead,) = json.loads(text)["leads"]
        assert lead["vehicle_identification"]["vin"] == two[0].vin
        log = ExportLog.objects.get(list_name="leads")
        assert (log.format, log.rows, log.filters) == ("json", 1, "state=GA")

    def test_csv_and_summary_stream(self, two: Any) -> None:
        client = signed_in()
        assert len(self.fetch(client, "/leads/vin_leads_database.csv").splitlines()) == 3
        assert "battery risk summary" in self.fetch(client, "/leads/vin_leads_database.txt")

    def test_unknown_kind_is_404(self) -> None:
        assert signed_in().get("/leads/vin_leads_database.exe").status_code == 404

    def test_who_may_not_export_may_not_take_files(self, two: Any) -> None:
        client = signed_in(Role.TECHNICIAN)
        assert client.get("/leads/vin_leads_database.csv").status_code == 403
        assert client.get(f"{URL}?export=csv").status_code == 403

    @pytest.mark.parametrize("kind", ["csv", "xlsx"])
    def test_table_for_spreadsheets(self, kind: str, two: Any) -> None:
        response = signed_in().get(f"{URL}?export={kind}")
        content = b"".join(response.streaming_content)  # type: ignore[attr-defined]
        assert response.status_code == 200
        assert content


class TestSavedFilters:
    DATA = {"page": "leads:leads", "name": "High in GA", "query": "state=GA&after=7&band=high"}

    def test_saving_keeps_the_filter_without_its_cursor(self) -> None:
        client = signed_in()
        response = client.post(reverse("saved_filter_save"), self.DATA)
        assert response["Location"] == f"{URL}?band=high&state=GA"
        assert "High in GA" in client.get(URL).content.decode()

    def test_same_name_again_replaces_it(self) -> None:
        client = signed_in()
        for query in ("state=GA", "state=FL"):
            client.post(reverse("saved_filter_save"), self.DATA | {"query": query})
        assert SavedFilter.objects.get().query == "state=FL"

    def test_private_is_seen_by_its_owner_alone_and_shared_by_all(self) -> None:
        owner, other = signed_in(), signed_in(Role.BDC)
        owner.post(reverse("saved_filter_save"), self.DATA)
        assert "High in GA" not in other.get(URL).content.decode()
        owner.post(reverse("saved_filter_save"), self.DATA | {"shared": "on"})
        assert "High in GA" in other.get(URL).content.decode()

    def test_only_the_owner_and_the_manager_delete(self) -> None:
        signed_in().post(reverse("saved_filter_save"), self.DATA | {"shared": "on"})
        url = reverse("saved_filter_delete", args=[SavedFilter.objects.get().pk])
        signed_in(Role.BDC).post(url)
        assert SavedFilter.objects.exists()
        signed_in(Role.MANAGER).post(url)
        assert not SavedFilter.objects.exists()

    @pytest.mark.parametrize("change", [{"name": " "}, {"page": "nowhere"}, {"name": "x" * 99}])
    def test_bad_input_saves_nothing(self, change: dict[str, str]) -> None:
        response = signed_in().post(reverse("saved_filter_save"), self.DATA | change)
        assert response.status_code == 302
        assert not SavedFilter.objects.exists()


def test_every_piece_of_evidence_has_its_names() -> None:
    assert set(STRESSORS) == set(EVIDENCE)
    assert set(EVIDENCE) < set(LABELS)


def test_filter_by_vin_takes_the_last_eight() -> None:
    lead = scored(LeadFactory())
    found = LeadFilter({"vin": [lead.vin[-8:].lower()]}, queryset=LeadRecord.objects.all())
    assert [record.pk for record in found.qs] == [lead.pk]


class TestSpeed:
    @pytest.mark.parametrize("sort", sorted(ORDERS))
    @pytest.mark.parametrize("sign", ["", "-"])
    def test_every_order_follows_an_index(self, sort: str, sign: str) -> None:
        ordered = LeadRecord.objects.open().order_by(*(f"{sign}{name}" for name in ORDERS[sort]))
        with connection.cursor() as cursor:
            # So that it sorts only where no index has the order, however few the rows are.
            cursor.execute("SET LOCAL enable_sort = off; SET LOCAL enable_incremental_sort = off")
        plan = ordered.values("lead_id", "vin")[:51].explain()
        assert "Sort" not in plan

    def test_order_without_an_index_is_sorted(self) -> None:
        """A control: the plan of the other test could show a sort."""
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_sort = off; SET LOCAL enable_incremental_sort = off")
        assert "Sort" in LeadRecord.objects.open().order_by("customer_name", "lead_id").explain()

    @pytest.mark.parametrize(
        "query", ["", "band=high&stressor=short_trips", "min_urgency=1&open=true"]
    )
    def test_count_reads_scores_alone_where_that_is_enough(self, query: str, two: Any) -> None:
        filters = LeadFilter(QueryDict(query), queryset=LeadRecord.objects.all())
        assert to_count(filters).model is LeadScore
        assert to_count(filters).count() == passing(filters).count() > 0

    @pytest.mark.parametrize("query", ["state=GA", "status=won", "band=high&max_mileage=1"])
    def test_count_agrees_with_the_list(self, query: str, two: Any) -> None:
        Lead.objects.filter(pk=two[0].pk).update(status="won")
        filters = LeadFilter(QueryDict(query), queryset=LeadRecord.objects.all())
        assert to_count(filters).count() == passing(filters).count()
