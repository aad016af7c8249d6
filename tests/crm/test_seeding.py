"""The generator without a database, then the command with one."""

import csv
import hashlib
import io
from collections import Counter
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection

from crm import decoder, models, phones, vin
from crm.enums import AppointmentStatus, BatchKind
from crm.exceptions import Refused
from crm.search import search_customers
from crm.seeding import generator, places, vehicles
from crm.seeding.generator import Plan
from crm.seeding.shop import Lane, Shop, Taken
from tests.factories import CustomerFactory

pytestmark = pytest.mark.xdist_group("seeding")

AS_OF = date(2026, 6, 1)
ADVISORS = [(11, "Mike Johnson"), (12, "Sarah Chen"), (13, "Robert Williams")]
ZONE = ZoneInfo("America/New_York")
HOURS = {**{day: (time(7, 30), time(18)) for day in range(5)}, 5: (time(8), time(14))}
Row = dict[str, str]


def shop(**changes: Any) -> Shop:
    lanes = [Lane(f"B{n}", f"{n:032x}", f"Tech {n}") for n in range(1, 9)]
    return Shop(**{"zone": ZONE, "advisors": ADVISORS, "lanes": lanes, "hours": HOURS} | changes)


def generate(plan: Plan, at: Shop | None = None) -> dict[str, list[Row]]:
    rows: dict[str, list[Row]] = {}
    for tables in generator.blocks(plan, at or shop()):
        for table in tables:
            text = io.StringIO(table.data.decode())
            read = csv.reader(text, delimiter="\t", quoting=csv.QUOTE_NONE)
            found = [dict(zip(table.columns, row, strict=True)) for row in read]
            assert len(found) == table.rows
            rows.setdefault(table.name, []).extend(found)
    return rows


@pytest.fixture(scope="module")
def data() -> dict[str, list[Row]]:
    return generate(Plan(6_000, 7, AS_OF))


def digest(plan: Plan) -> str:
    sha = hashlib.sha256()
    for tables in generator.blocks(plan, shop()):
        for table in tables:
            sha.update(table.data)
    return sha.hexdigest()


def assert_shares(values: list[str], expected: dict[str, float]) -> None:
    """Chi-square of the counts below the 99.9 % point; seeds are fixed, so it never flickers."""
    counts = Counter(values)
    assert set(counts) == set(expected)
    chi_square = sum(
        (counts[value] - share * len(values)) ** 2 / (share * len(values))
        for value, share in expected.items()
    )
    critical = {1: 10.8, 2: 13.8, 3: 16.3, 4: 18.5, 5: 20.5}[len(expected) - 1]
    assert chi_square < critical, counts


class TestDistributions:
    @pytest.mark.parametrize(
        ("column", "expected"),
        [
            ("preferred_contact_method", {"phone": 0.6, "email": 0.2, "text": 0.2}),
            ("customer_type", {"retail": 0.85, "fleet": 0.05, "referral": 0.10}),
            ("preferred_service_advisor", {"11": 0.25, "12": 0.25, "13": 0.25, r"\N": 0.25}),
            ("receive_reminders", {"t": 3 / 4, "f": 1 / 4}),
            ("receive_promotions", {"t": 2 / 3, "f": 1 / 3}),
            (
                "preferred_appointment_time",
                {"morning": 0.25, "afternoon": 0.25, "evening": 0.25, r"\N": 0.25},
            ),
        ],
    )
    def test_customer_column_has_the_seeds_shares(
        self, data: Any, column: str, expected: dict[str, float]
    ) -> None:
        assert_shares([row[column] for row in data["customers"]], expected)

    @pytest.mark.parametrize(
        ("table", "column", "share"),
        [
            ("customers", "notes", 0.15),
            ("customers", "last_contact_date", 0.70),
            ("customers", "referral_source", 0.10),
            ("vehicles", "purchase_date", 1 / 3),
            ("vehicles", "last_service_date", 0.60),
            ("vehicles", "trim", 5 / 6),
        ],
    )
    def test_column_is_filled_as_often_as_in_the_seed(
        self, data: Any, table: str, column: str, share: float
    ) -> None:
        filled = ["no" if row[column] == r"\N" else "yes" for row in data[table]]
        assert_shares(filled, {"yes": share, "no": 1 - share})

    def test_customers_have_one_to_three_vehicles(self, data: Any) -> None:
        owned = Counter(row["customer_id"] for row in data["vehicles"])
        assert len(owned) == len(data["customers"])
        assert_shares([str(n) for n in owned.values()], {"1": 0.65, "2": 0.25, "3": 0.10})

    def test_makes_are_equally_frequent(self, data: Any) -> None:
        makes = ("Toyota", "Honda", "Ford", "Chevrolet", "BMW", "Mercedes-Benz")
        assert_shares([row["make"] for row in data["vehicles"]], dict.fromkeys(makes, 1 / 6))

    def test_models_are_those_of_the_seed(self, data: Any) -> None:
        models_of = {
            "Toyota": {"Camry", "Corolla", "RAV4", "Highlander", "Tacoma", "4Runner"},
            "Honda": {"Accord", "Civic", "CR-V", "Pilot", "Odyssey", "Ridgeline"},
            "Ford": {"F-150", "Escape", "Explorer", "Mustang", "Edge", "Bronco"},
            "Chevrolet": {"Silverado", "Equinox", "Malibu", "Tahoe", "Traverse"},
            "BMW": {"3 Series", "5 Series", "X3", "X5", "X7"},
            "Mercedes-Benz": {"C-Class", "E-Class", "GLC", "GLE", "GLS"},
        }
        found: dict[str, set[str]] = {}
        for row in data["vehicles"]:
            found.setdefault(row["make"], set()).add(row["model"])
        assert found == models_of

    def test_visits_end_in_every_way(self, data: Any) -> None:
        outcomes = Counter(row["outcome"] for row in data["service_lines"])
        statuses = Counter(row["status"] for row in data["appointments"])
        assert set(outcomes) == {"planned", "performed", "declined", "deferred"}
        assert set(statuses) == {"completed", "cancelled", "no_show", "scheduled", "confirmed"}


class TestTruth:
    """The seed's faults that the design names, and what hangs together."""

    def test_ages_are_18_to_75_by_calendar(self, data: Any) -> None:
        ages = [
            AS_OF.year - born.year - ((AS_OF.month, AS_OF.day) < (born.month, born.day))
            for born in (date.fromisoformat(row["date_of_birth"]) for row in data["customers"])
        ]
        assert (min(ages), max(ages)) == (18, 75)

    @pytest.mark.parametrize("as_of", [date(2024, 2, 29), date(2025, 12, 31), date(2026, 1, 1)])
    def test_ages_hold_on_awkward_days(self, as_of: date) -> None:
        rows = generate(Plan(300, 1, as_of))["customers"]
        for row in rows:
            born = date.fromisoformat(row["date_of_birth"])
            age = as_of.year - born.year - ((as_of.month, as_of.day) < (born.month, born.day))
            assert 18 <= age <= 75

    def test_customers_came_half_a_year_to_five_years_ago(self, data: Any) -> None:
        since = [date.fromisoformat(row["customer_since"]) for row in data["customers"]]
        assert min(since) >= date(2021, 6, 1)
        assert max(since) <= date(2025, 12, 1)

    def test_phones_and_emails_are_unique_and_nobodys(self, data: Any) -> None:
        rows = data["customers"]
        assert len({row["phone"] for row in rows}) == len(rows)
        assert len({row["email"] for row in rows}) == len(rows)
        assert all(row["email"].endswith(".example") for row in rows)
        assert {row["phone"][5:8] for row in rows} <= set(places._EXCHANGES)
        assert all(phones.parse(row["phone"])[0] == row["phone"] for row in rows[:200])

    def test_area_codes_belong_to_the_town(self, data: Any) -> None:
        for row in data["customers"]:
            assert row["phone"][2:5] in places._AREA_CODES[f"{row['city']} {row['state']}"].split()

    def test_towns_are_in_the_southeast(self, data: Any) -> None:
        states = {row["state"] for row in data["customers"]}
        assert states == {"AL", "FL", "GA", "LA", "MS", "NC", "SC", "TN"}

    def test_every_vin_decodes_to_the_rows_make_model_and_year(self, data: Any) -> None:
        rows = data["vehicles"]
        assert len({row["vin"] for row in rows}) == len(rows)
        for row, found in zip(rows, decoder.decode_many(r["vin"] for r in rows), strict=True):
            assert found is not None and found.is_clean
            assert (found.make, found.model, found.year) == (
                row["make"],
                row["model"],
                int(row["year"]),
            )

    def test_mileages_and_dates_are_in_order(self, data: Any) -> None:
        for row in data["vehicles"]:
            mileage = int(row["current_mileage"])
            assert 0 <= mileage < int(row["next_service_due_mileage"])
            if row["purchase_date"] != r"\N":
                assert f"{row['year']}-01-01" <= row["purchase_date"] < AS_OF.isoformat()
            if row["last_service_date"] != r"\N":
                assert 0 <= int(row["last_service_mileage"]) <= mileage
                assert row["last_service_date"] < AS_OF.isoformat()
                if row["purchase_date"] != r"\N":
                    assert row["purchase_date"] <= row["last_service_date"]

    def test_last_service_is_the_latest_record(self, data: Any) -> None:
        latest: dict[str, tuple[str, int]] = {}
        for row in data["service_history"]:
            visit = (row["service_date"], int(row["mileage"]))
            latest[row["vehicle_id"]] = max(latest.get(row["vehicle_id"], ("", 0)), visit)
        said = {
            row["id"]: (row["last_service_date"], int(row["last_service_mileage"]))
            for row in data["vehicles"]
            if row["last_service_date"] != r"\N"
        }
        assert latest == said

    def test_mileage_never_falls_between_visits(self, data: Any) -> None:
        visits: dict[str, list[tuple[str, int]]] = {}
        for row in data["service_history"]:
            visits.setdefault(row["vehicle_id"], []).append(
                (row["service_date"], int(row["mileage"]))
            )
        for dates in visits.values():
            assert all(a[0] < b[0] and a[1] <= b[1] for a, b in pairwise(sorted(dates)))

    def test_total_cost_is_what_the_customer_pays(self, data: Any) -> None:
        paid: Counter[str] = Counter()
        for row in data["service_lines"]:
            if row["outcome"] == "performed" and row["pay_type"] == "customer":
                paid[row["service_record_id"]] += round(float(row["price"]) * 100)
        for row in data["service_history"]:
            assert paid[row["id"]] == round(float(row["total_cost"]) * 100)

    def test_refused_work_has_a_reason_and_deferred_work_a_term(self, data: Any) -> None:
        for row in data["service_lines"]:
            refused = row["outcome"] in ("declined", "deferred")
            term = {row["deferred_until"], row["deferred_until_mileage"]} != {r"\N"}
            assert bool(row["reason"]) == refused
            assert term == (row["outcome"] == "deferred")


def instants(row: Row) -> tuple[datetime, datetime]:
    start = datetime.fromisoformat(row["scheduled_at"])
    return start, start + timedelta(minutes=int(row["duration_minutes"]))


class TestBook:
    @pytest.mark.parametrize("place", ["service_bay", "assigned_technician"])
    def test_no_two_visits_overlap(self, data: Any, place: str) -> None:
        by_place: dict[str, list[tuple[datetime, datetime]]] = {}
        for row in data["appointments"]:
            by_place.setdefault(row[place], []).append(instants(row))
        for visits in by_place.values():
            assert all(first[1] <= second[0] for first, second in pairwise(sorted(visits)))

    def test_visits_are_within_opening_hours_over_both_clock_changes(self, data: Any) -> None:
        for row in data["appointments"]:
            start, end = (instant.astimezone(ZONE) for instant in instants(row))
            opens, closes = HOURS[start.weekday()]
            assert opens <= start.time() < end.time() <= closes

    def test_past_is_closed_and_future_is_open(self, data: Any) -> None:
        midnight = datetime(2026, 6, 1, tzinfo=ZONE)
        for row in data["appointments"]:
            ahead = instants(row)[0] >= midnight
            assert ahead or row["status"] in ("completed", "cancelled", "no_show")
            assert not ahead or row["status"] in ("scheduled", "confirmed", "cancelled")

    def test_visits_are_booked_before_they_begin_and_before_today(self, data: Any) -> None:
        for row in data["appointments"]:
            created, begins, changed = (
                datetime.fromisoformat(row[column])
                for column in ("created_at", "scheduled_at", "updated_at")
            )
            assert created < begins
            assert created <= changed
            assert created.date() < AS_OF

    def test_nothing_is_booked_on_the_day_itself(self, data: Any) -> None:
        days = {instants(row)[0].astimezone(ZONE).date() for row in data["appointments"]}
        assert AS_OF not in days
        assert max(days) > AS_OF > min(days)

    def test_slots_that_are_taken_are_left_alone(self) -> None:
        taken = [
            Taken(
                datetime(2026, 6, 2, 0, tzinfo=UTC),
                datetime(2026, 6, 5, 0, tzinfo=UTC),
                "B1",
                None,
            )
        ]
        rows = generate(Plan(2_000, 7, AS_OF, future_share=0.9), shop(taken=taken))["appointments"]
        busy = [r for r in rows if r["service_bay"] == "B1" and r["scheduled_at"] >= "2026-06-02"]
        assert all(row["scheduled_at"] > "2026-06-05" for row in busy)
        assert busy

    def test_lane_gets_only_work_that_it_can_do(self) -> None:
        lanes = [Lane("B1", "1" * 32, "One", frozenset({"recall"}))]
        rows = generate(Plan(400, 7, AS_OF), shop(lanes=lanes))["appointments"]
        assert {row["service_category"] for row in rows} == {"recall"}

    def test_special_day_closes_the_book(self) -> None:
        closed = {date(2026, 6, day): None for day in range(1, 30)}
        rows = generate(Plan(300, 7, AS_OF, future_share=1), shop(special=closed))["appointments"]
        assert max(row["scheduled_at"] for row in rows) < "2026-06-01"

    def test_shop_without_bays_and_advisors_still_has_history(self) -> None:
        rows = generate(Plan(100, 7, AS_OF), shop(lanes=[], advisors=[]))
        assert rows.get("appointments") == []
        assert {row["appointment_id"] for row in rows["service_history"]} == {r"\N"}


class TestRepeatability:
    def test_same_plan_gives_the_same_bytes(self) -> None:
        assert digest(Plan(2_600, 7, AS_OF)) == digest(Plan(2_600, 7, AS_OF))

    @pytest.mark.parametrize("other", [Plan(300, 8, AS_OF), Plan(300, 7, date(2026, 6, 2))])
    def test_other_seed_or_day_gives_other_bytes(self, other: Plan) -> None:
        assert digest(Plan(300, 7, AS_OF)) != digest(other)

    @pytest.mark.parametrize("other", [Plan(2_000, 8, AS_OF), Plan(2_000, 7, AS_OF, demo=True)])
    def test_batches_of_different_seeds_do_not_meet(self, other: Plan) -> None:
        one, two = generate(Plan(2_000, 7, AS_OF)), generate(other)
        for table, column in (
            ("customers", "id"),
            ("customers", "phone"),
            ("customers", "email"),
            ("vehicles", "vin"),
            ("service_history", "ro_number"),
        ):
            assert not {r[column] for r in one[table]} & {r[column] for r in two[table]}, column

    def test_day_before_the_first_model_year_is_refused(self) -> None:
        with pytest.raises(ValueError, match="No model year"):
            next(generator.blocks(Plan(1, 7, date(2009, 5, 1)), shop()))

    def test_area_code_that_runs_out_is_refused(self) -> None:
        numbers = places.PhoneNumbers(places.load(), seed=1, demo=True)
        with pytest.raises(Refused, match="telephone numbers"):
            numbers.draw(np.random.default_rng(1), np.zeros(30_000, dtype=np.int64))


def test_vectorised_check_digit_agrees_with_the_definition() -> None:
    pool = vehicles.VinPool(seed=3, before=AS_OF)
    _, _, drawn = pool.draw(np.random.default_rng(3), 2_000)
    assert [number[8] for number in drawn] == [vin.check_digit(number) for number in drawn]


def seed_crm(**options: Any) -> str:
    output = io.StringIO()
    call_command("seed_crm", **{"as_of": AS_OF, "seed": 7} | options, stdout=output)
    return output.getvalue()


@pytest.mark.django_db
class TestCommand:
    def test_empty_database_is_filled_and_furnished(self) -> None:
        before = rules()
        printed = seed_crm(customers=300)
        assert "customers               300" in printed
        assert models.Customer.objects.count() == 300
        assert models.ServiceBay.objects.count() == 8
        assert models.OpCode.objects.count() >= 30
        assert models.CustomerSearch.objects.count() == 300
        assert {user.get_full_name() for user in models.User.objects.filter(role="advisor")} == {
            "Mike Johnson",
            "Sarah Chen",
            "Robert Williams",
        }
        assert models.DataBatch.objects.get().kind == BatchKind.SEED
        assert rules() == before

    def test_audit_has_one_row_a_statement(self) -> None:
        seed_crm(customers=100)
        bulk = models.AuditEntry.objects.filter(action="bulk_insert").values_list(
            "table_name", "after__rows", "source", "actor_label"
        )
        assert ("customers", 100, "seed", "seed_crm") in bulk
        assert len(bulk) == 5
        assert not models.AuditEntry.objects.filter(table_name="customers", action="insert")

    def test_customers_are_found_at_once(self) -> None:
        seed_crm(customers=50)
        someone = models.Customer.objects.latest("id")
        assert someone.pk in [hit.customer_id for hit in search_customers(someone.phone)]

    def test_second_run_with_the_same_seed_is_refused(self) -> None:
        seed_crm(customers=20)
        with pytest.raises(CommandError, match="another seed") as refused:
            seed_crm(customers=30)
        assert refused.value.returncode == 2
        assert models.Customer.objects.count() == 20

    def test_colliding_row_undoes_everything(self) -> None:
        theirs = generate(Plan(20, 7, AS_OF))["customers"][10]["phone"]
        CustomerFactory(phone=theirs)
        with pytest.raises(CommandError, match="phone number") as refused:
            seed_crm(customers=20)
        assert refused.value.returncode == 2
        assert (models.Customer.objects.count(), models.ServiceBay.objects.count()) == (1, 0)

    def test_second_seed_joins_without_overlap(self) -> None:
        seed_crm(customers=400)
        seed_crm(customers=400, seed=8)
        assert models.Customer.objects.count() == 800
        assert models.CustomerSearch.objects.count() == 800
        active = models.Appointment.objects.filter(status__in=AppointmentStatus.active())
        assert active.filter(batch__label__contains="seed 8").exists()

    def test_wrong_numbers_are_refused(self) -> None:
        with pytest.raises(CommandError, match="must be positive"):
            seed_crm(customers=0)

    def test_rebuild_search_restores_lost_documents(self) -> None:
        seed_crm(customers=30)
        models.CustomerSearch.objects.all().delete()
        models.NameWord.objects.all().delete()
        output = io.StringIO()
        call_command("rebuild_search", stdout=output)
        assert output.getvalue() == "30 documents written, 0 dropped.\n"
        assert models.NameWord.objects.exists()


def rules() -> set[tuple[str, str]]:
    """Indexes by name and foreign keys by name and definition."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT indexname, '' FROM pg_indexes WHERE schemaname = 'public'
            UNION ALL
            SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint
            WHERE contype = 'f' AND convalidated
            """
        )
        return set(cursor.fetchall())
