"""`generate_leads` and `export_leads` against the database."""

import csv
import json
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection

from crm import phones, signals
from crm.decoder import decode_many
from crm.models import Appointment, Customer, DataBatch, ExportLog, Vehicle
from crm.search import search_customers
from leads import loading
from leads.exporting import generated, readers
from leads.exporting.fields import plain
from leads.generator import Plan
from leads.models import Lead, LeadRecord, ScoreHistory
from leads.parameters import SEED
from leads.services import exports, generation, parameters, scoring, syncing
from leads.services.parameters import champion

COUNT = 150
pytestmark = pytest.mark.django_db


def run(*arguments: str) -> None:
    call_command("generate_leads", f"--count={COUNT}", *arguments)


def refused(*arguments: str) -> str:
    with pytest.raises(CommandError) as error:
        run(*arguments)
    assert error.value.returncode == 2
    return str(error.value)


@pytest.fixture
def loaded() -> Plan:
    plan = Plan(COUNT, 42)
    generation.load(plan)
    return plan


class TestLoading:
    def test_stored_leads_are_the_generated_ones(self, loaded: Plan) -> None:
        stored = [plain(row) for row in exports.rows(LeadRecord.objects.all())]
        expected = [plain(row) for row in generated.rows(loaded)]
        first = stored[0]["lead_id"] - 1
        for found, row in zip(stored, expected, strict=True):
            # PostgreSQL divides by way of numeric: the last bit may differ.
            ratio = pytest.approx(row["start_cycle_deviation"], rel=1e-15, abs=0)
            assert found == row | {
                "lead_id": row["lead_id"] + first, "start_cycle_deviation": ratio
            }  # fmt: skip

    def test_sql_finds_nothing_to_change(self, loaded: Plan) -> None:
        """Neither the nightly scores nor the facts of the vehicles say otherwise."""
        assert scoring.recompute(parameters=champion(), as_of=date(2026, 6, 1)) == 0
        keys = Vehicle.objects.values_list("pk", flat=True)
        assert syncing.sync_vehicles(keys, as_of=date(2026, 6, 1)).rows == 0

    def test_every_lead_has_vehicle_customer_and_first_history(self, loaded: Plan) -> None:
        leads = Lead.objects.select_related("vehicle", "customer")
        assert all(
            (lead.vehicle.vin, lead.vehicle.customer_id, lead.customer.name)
            == (lead.vin, lead.customer_id, lead.customer_name)
            for lead in leads
        )
        assert ScoreHistory.objects.filter(cause="created").count() == COUNT
        batch = DataBatch.objects.get()
        assert batch.kind == "seed"
        for model in (Customer, Vehicle, Lead):
            assert model.objects.filter(batch=batch).count() == COUNT

    def test_the_batch_is_announced_once(self, monkeypatch: pytest.MonkeyPatch) -> None:
        said: list[Any] = []
        monkeypatch.setattr(signals, "announce", lambda signal, **keys: said.append((signal, keys)))
        generation.load(Plan(100, 5))
        assert said == [(signals.customers_loaded, {"batch_id": loading.batch_key(5)})]

    def test_telephone_numbers_can_be_nobodys(self, loaded: Plan) -> None:
        numbers = list(Customer.objects.values_list("phone", flat=True))
        assert len(set(numbers)) == COUNT
        assert {number[5] for number in numbers} <= {"0", "1"}
        assert all(phones.parse(number) == (number, "") for number in numbers)

    def test_customers_are_found_by_vin(self, loaded: Plan) -> None:
        lead = Lead.objects.latest("pk")
        assert [hit.customer_id for hit in search_customers(lead.vin)] == [lead.customer_id]

    def test_planner_knows_the_rows_before_the_commit_and_goes_on_knowing(self) -> None:
        """Else each foreign key is looked for in a whole table, once autovacuum has found none."""
        known: list[bool] = []

        def look(leads: int) -> None:
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT count(*) = 2"
                    " FROM pg_class AS c JOIN pg_locks AS l ON l.relation = c.oid"
                    " WHERE c.relname IN ('vin_leads', 'lead_scores') AND c.reltuples > 0"
                    " AND l.mode = 'ShareUpdateExclusiveLock' AND l.pid = pg_backend_pid()"
                )
                known.append(*cursor.fetchone())

        generation.load(Plan(COUNT, 42), look)
        assert known and all(known)

    def test_second_seed_is_ranked_among_all(self, loaded: Plan) -> None:
        generation.load(Plan(100, 43))
        assert scoring.recompute(parameters=champion(), as_of=date(2026, 6, 1)) == 0
        assert Lead.objects.count() == COUNT + 100

    def test_numbers_of_neighbouring_seeds_do_not_meet(self) -> None:
        def drawn(seed: int) -> set[str]:
            plan = Plan(10_000, seed)
            maker = loading.Maker(plan, champion().values(), 1, generated.np.arange(10_000))
            tables = next(maker.tables())
            place = tables[0].columns.index("phone")
            return {line.split("\t")[place] for line in tables[0].data.decode().splitlines()}

        one, other = drawn(1), drawn(2)
        assert (len(one), len(other), len(one & other)) == (10_000, 10_000, 0)


class TestCommand:
    def test_files_and_rows_come_together(self, tmp_path: Path, capsys: Any) -> None:
        run("--output-dir", str(tmp_path / "new"))
        paths = capsys.readouterr().out.split()[-3:]
        assert [Path(path).suffix for path in paths] == [".json", ".csv", ".txt"]
        assert len(list(readers.read_file(Path(paths[0])))) == COUNT == Lead.objects.count()
        assert json.loads(Path(paths[0]).read_text())["metadata"]["as_of"] == "2024-12-31"

    def test_no_database_writes_files_only(self, tmp_path: Path) -> None:
        run("--output-dir", str(tmp_path), "--no-database")
        assert len(list(tmp_path.iterdir())) == 3
        assert not Lead.objects.exists()

    @pytest.mark.parametrize(
        ("arguments", "name"), [((), "harsher"), (("--parameters=seed-1.0",), "seed-1.0")]
    )
    def test_files_are_scored_with_the_set_in_use_unless_told(
        self, arguments: tuple[str, ...], name: str, tmp_path: Path
    ) -> None:
        harsher = parameters.propose(
            values=replace(SEED, high_band=0.5), name="harsher", provenance="test",
            is_calibrated=False,
        )  # fmt: skip
        parameters.activate(parameters=harsher, reason="test")
        run("--output-dir", str(tmp_path), "--no-database", *arguments)
        (path,) = tmp_path.glob("*.json")
        assert json.loads(path.read_text())["metadata"]["parameters"] == name
        values = parameters.named(name).values()
        found = [plain(row) for row in readers.read_file(path)]
        assert found == [plain(row) for row in generated.rows(Plan(COUNT, 42), values)]

    def test_unknown_parameter_set_is_refused(self, tmp_path: Path) -> None:
        said = refused("--output-dir", str(tmp_path), "--parameters=nonsense")
        assert said == "There is no parameter set “nonsense”. Choose one of seed-1.0."
        assert not Lead.objects.exists()

    def test_second_run_adds_nothing_and_says_so(self, loaded: Plan, capsys: Any) -> None:
        run("--no-files")
        assert "already" in capsys.readouterr().out
        assert Lead.objects.count() == COUNT

    def test_other_leads_of_the_same_seed_are_refused(self, loaded: Plan) -> None:
        assert "Other leads of seed 42" in refused("--no-files", "--as-of=2025-01-01")

    @pytest.mark.parametrize(
        "arguments",
        [("--count=99",), ("--count=1000001",), ("--seed=-1",), ("--as-of=2020-01-01",)],
    )
    def test_impossible_plan_is_refused(self, arguments: tuple[str, ...]) -> None:
        assert "must" in refused(*arguments)
        assert not Lead.objects.exists()

    def test_directory_that_cannot_be_written_is_said(self, tmp_path: Path) -> None:
        (tmp_path / "file").touch()
        assert "No file was written" in refused(
            "--no-database", "--output-dir", str(tmp_path / "file" / "below")
        )


class TestRemoving:
    def test_remove_takes_leads_vehicles_and_customers(self, loaded: Plan) -> None:
        generation.load(Plan(100, 43))
        run("--remove")
        assert not DataBatch.objects.filter(pk=loading.batch_key(42)).exists()
        for model in (Lead, Vehicle, Customer):
            assert model.objects.count() == 100
        run("--no-files")
        assert Lead.objects.count() == COUNT + 100

    def test_remove_leaves_whoever_has_an_appointment(self, loaded: Plan) -> None:
        vehicle = Vehicle.objects.latest("pk")
        Appointment.objects.create(
            customer=vehicle.customer, vehicle=vehicle, scheduled_at="2026-06-01T14:00Z",
            service_type="Battery test", duration_minutes=30,
        )  # fmt: skip
        run("--remove")
        vehicle.refresh_from_db()
        assert (vehicle.batch, Customer.objects.get()) == (None, vehicle.customer)
        assert not Lead.objects.exists()

    def test_remove_of_nothing_is_refused(self) -> None:
        assert "no leads of seed 42" in refused("--remove")


class TestExporting:
    def export(self, folder: Path, *arguments: str) -> list[dict[str, str]]:
        call_command("export_leads", "--output-dir", str(folder), *arguments)
        (path,) = folder.glob("*.csv")
        with path.open(newline="") as file:
            return list(csv.DictReader(file))

    @pytest.mark.parametrize(
        ("arguments", "holds"),
        [
            (("--state=GA", "--state=FL"), lambda row: row["state"] in ("GA", "FL")),
            (("--city=Atlanta", "--type=suv"), lambda row: row["city"] == "Atlanta"),
            (("--model=F-150",), lambda row: row["model"] == "F-150"),
            (("--band=high",), lambda row: float(row["posterior_probability"]) >= 0.6),
            (("--urgency=48_hours",), lambda row: row["contact_urgency"] == "48_hours"),
            (("--stressor=soc_decline",), lambda row: row["soc_decline"] == "yes"),
            (("--min-mileage=40000",), lambda row: int(row["current_mileage"]) >= 40_000),
            (("--max-mileage=39999",), lambda row: int(row["current_mileage"]) < 40_000),
            (
                ("--cohort=light_truck_coastal_hot", "--status=new"),
                lambda row: row["status"] == "new",
            ),
        ],
    )
    def test_export_has_the_leads_of_the_filter(
        self, loaded: Plan, tmp_path: Path, arguments: tuple[str, ...], holds: Any
    ) -> None:
        rows = self.export(tmp_path, *arguments)
        assert 0 < len(rows) < COUNT
        assert all(map(holds, rows))
        log = ExportLog.objects.get()
        assert (log.list_name, log.rows) == ("leads", len(rows))

    @pytest.mark.parametrize("argument", ["--band=huge", "--stressor=rust", "--state=ZZ"])
    def test_filter_without_leads_is_refused(
        self, loaded: Plan, tmp_path: Path, argument: str
    ) -> None:
        with pytest.raises(CommandError) as error:
            self.export(tmp_path, argument)
        assert error.value.returncode == 2
        assert list(tmp_path.iterdir()) == []

    def test_rows_cost_one_query(self, loaded: Plan, django_assert_num_queries: Any) -> None:
        with django_assert_num_queries(1):
            assert len(list(exports.rows(LeadRecord.objects.all()))) == COUNT


def test_validate_leads_reads_the_database(loaded: Plan, capsys: Any) -> None:
    call_command("validate_leads", "--json")
    report = json.loads(capsys.readouterr().out)
    assert (report["leads"], report["passed"]) == (COUNT, True)


@pytest.mark.slow
def test_5000_leads_in_the_database_meet_the_checklist(capsys: Any) -> None:
    call_command("generate_leads", "--no-files")
    call_command("validate_leads")
    assert capsys.readouterr().out.count("pass ") == 13
    vins = list(Vehicle.objects.values_list("vin", flat=True))
    assert all(found and found.is_clean for found in decode_many(vins))
