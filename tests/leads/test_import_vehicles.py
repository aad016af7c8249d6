"""A dealer's list becomes vehicles, customers and scored leads; what cannot is said."""

import csv
import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection
from django.test.utils import CaptureQueriesContext

from crm import vin
from crm.models import Customer, DataBatch, ImportRun, Vehicle
from jobs.registry import local_today
from leads.importing import evidence
from leads.importing.evidence import EvidenceRefused
from leads.importing.states import state_of
from leads.models import Lead, LeadRecord
from leads.services import syncing, vehicle_import
from tests.factories import CustomerFactory, VehicleFactory

HEADER = (
    "VIN,Odometer,ZIP Code,Starts per year,Short trips %,Battery test,Test date,Customer Name,Phone"
)
FULL = '1FTFW1E51LFA67890,"45,120",30309,2400,62%,recharge,11/1/2024,Sarah Johnson,404-555-0142'
BARE = "1FTFW1E42LFA67890,39000,28202,,,,,,"


def write(folder: Path, *rows: str, header: str = HEADER) -> Path:
    path = folder / "trucks.csv"
    path.write_text("\n".join((header, *rows)), encoding="utf-8")
    return path


def run(path: Path, *options: str) -> int:
    try:
        call_command("import_vehicles", str(path), *options)
    except SystemExit as exit_:
        return int(exit_.code or 0)
    except CommandError as error:
        return error.returncode
    return 0


def record(number: str) -> LeadRecord:
    return LeadRecord.objects.get(vin=number)


@pytest.mark.django_db
class TestImport:
    def test_full_row_becomes_customer_vehicle_and_scored_lead(self, tmp_path: Path) -> None:
        assert run(write(tmp_path, FULL)) == 0
        lead = record("1FTFW1E51LFA67890")
        assert (lead.customer_name, lead.model, lead.vehicle_type) == (
            "Sarah Johnson", "F-150", "light_truck",
        )  # fmt: skip
        assert (lead.current_mileage, lead.start_cycles_annual, lead.short_trip_percentage) == (
            45_120, 2_400, 0.62,
        )  # fmt: skip
        assert (lead.climate_zone, lead.state, lead.source) == ("inland_moderate", "GA", "imported")
        assert (lead.soc_source, lead.soc_date) == ("battery_test", date(2024, 11, 1))
        customer = Customer.objects.get()
        assert (customer.phone, customer.zip_code, customer.state) == (
            "+14045550142", "30309", "GA",
        )  # fmt: skip
        assert lead.batch_id == DataBatch.objects.get().pk

    def test_fresh_test_counts_and_old_one_is_unknown_again(self, tmp_path: Path) -> None:
        today = local_today().isoformat()
        run(
            write(
                tmp_path,
                FULL.replace("11/1/2024", today),
                BARE.replace(",,,,,,", ",,,bad,1/1/2020,,"),
            )
        )
        assert record("1FTFW1E51LFA67890").soc_decline is True
        assert record("1FTFW1E51LFA67890").active_lrs == [2.39, 2.16, 6.5, 1.9]
        assert record("1FTFW1E42LFA67890").soc_decline is None

    def test_row_without_owner_is_scored_on_what_is_known(self, tmp_path: Path) -> None:
        assert run(write(tmp_path, BARE)) == 0
        lead = record("1FTFW1E42LFA67890")
        assert (lead.customer_id, lead.state, lead.active_lrs) == (None, "NC", [2.39])
        assert (lead.ignition_frequency, lead.soc_decline, lead.short_trips) == (None, None, None)
        assert Vehicle.objects.get().customer is None
        assert Lead.objects.get().is_open
        assert syncing.sync_vehicles([lead.vehicle_id], as_of=local_today()).rows == 0

    def test_known_vehicle_gets_the_new_facts_and_keeps_its_owner(self, tmp_path: Path) -> None:
        owner = CustomerFactory(zip_code="33602", state="FL", city="Tampa")
        vehicle = VehicleFactory(
            customer=owner, vin="1FTFW1E42LFA67890", year=2020, make="Ford", model="F-150",
            current_mileage=30_000,
        )  # fmt: skip
        syncing.sync_vehicles([vehicle.pk], as_of=local_today())
        assert run(write(tmp_path, BARE.replace(",,,,,,", ",2600,,,,,"))) == 0
        lead = record(vehicle.vin)
        assert (lead.customer_id, lead.city, lead.current_mileage) == (owner.pk, "Tampa", 39_000)
        assert (lead.source, lead.ignition_frequency) == ("crm", True)
        # An empty cell later takes nothing away.
        assert run(write(tmp_path, BARE)) == 0
        assert record(vehicle.vin).start_cycles_annual == 2_600

    def test_vehicle_whose_lead_was_won_lately_is_left_in_peace(
        self, tmp_path: Path, capsys: Any
    ) -> None:
        path = write(tmp_path, BARE)
        run(path)
        Lead.objects.update(status="won")
        capsys.readouterr()
        assert run(path, "--json") == 0
        assert "won or lost a short while ago" in capsys.readouterr().out
        assert Lead.objects.get().status == "won"

    def test_workbook_is_read_too(self, tmp_path: Path) -> None:
        path = tmp_path / "trucks.xlsx"
        with xlsxwriter.Workbook(path) as book:
            sheet = book.add_worksheet()
            sheet.write_row(0, 0, ["Vin No", "Miles", "Zip", "Starts", "Short Trip Percent"])
            sheet.write_row(1, 0, ["1FTFW1E42LFA67890", 41_000, 28202, 1_900, 0.3])
        assert run(path) == 0
        lead = record("1FTFW1E42LFA67890")
        assert (lead.start_cycles_annual, lead.short_trip_percentage) == (1_900, 0.3)

    def test_dry_run_does_it_all_and_keeps_nothing(self, tmp_path: Path, capsys: Any) -> None:
        path = write(tmp_path, FULL, BARE)
        assert run(path, "--dry-run", "--json") == 0
        preview = json.loads(capsys.readouterr().out)
        for model in (Customer, Vehicle, Lead, ImportRun, DataBatch):
            assert not model.objects.exists()
        assert run(path, "--json") == 0
        report = json.loads(capsys.readouterr().out)
        assert preview["records"] == report["records"]
        assert report["records"] == {
            "customers_created": 1, "customers_changed": 0, "vehicles_created": 2,
            "vehicles_changed": 0, "leads_created": 2, "leads_changed": 0,
        }  # fmt: skip

    def test_same_file_again_creates_nothing(self, tmp_path: Path, capsys: Any) -> None:
        path = write(tmp_path, FULL, BARE)
        run(path)
        scores = list(LeadRecord.objects.values_list("lead_id", "posterior_probability"))
        capsys.readouterr()
        run(path, "--json")
        report = json.loads(capsys.readouterr().out)["records"]
        assert (report["leads_created"], report["vehicles_created"]) == (0, 0)
        assert list(LeadRecord.objects.values_list("lead_id", "posterior_probability")) == scores

    def test_reverting_takes_vehicles_and_leads_away(self, tmp_path: Path) -> None:
        run(write(tmp_path, FULL, BARE))
        call_command("revert_import", str(ImportRun.objects.get().pk))
        assert not Vehicle.objects.exists()
        assert not Lead.objects.exists()

    def test_queries_do_not_grow_with_the_rows(self, tmp_path: Path) -> None:
        def queries(count: int, first: int) -> int:
            rows = [f"{number},39000,28202,,,,,," for number in vins(first, count)]
            with CaptureQueriesContext(
                connection,
            ) as found:
                vehicle_import.import_vehicles(path=write(tmp_path, *rows))
            return len(found)

        queries(1, 1)
        assert queries(1, 10) == queries(30, 100)


def vins(first: int, count: int) -> list[str]:
    return [
        vin.compose(wmi="1FT", descriptor="FW1E5", year=2021, plant="F", serial=f"A{number:05d}")
        for number in range(first, first + count)
    ]


@pytest.mark.django_db
class TestRefusals:
    @pytest.mark.parametrize(
        ("row", "field", "said"),
        [
            (",39000,28202,,,,,,", "vin", "it is missing"),
            ("1FTFW1ET5LFA67890,39000,28202,,,,,,", "vin", "check digit"),
            ("1FTFW1E42LFA67890,many,28202,,,,,,", "current_mileage", "no mileage"),
            ("1FTFW1E42LFA67890,39000,x,,,,,,", "zip_code", "no ZIP"),
            ("1FTFW1E42LFA67890,39000,28202,often,,,,,", "start_cycles_annual", "no number"),
            ("1FTFW1E42LFA67890,39000,28202,,140%,,,,", "short_trip_percentage", "0 to 100"),
            ("1FTFW1E42LFA67890,39000,28202,,,meh,,,", "battery_test", "good, recharge"),
            ("1FTFW1E42LFA67890,39000,28202,,,bad,2099-01-01,,", "battery_test_date", "future"),
            ("1FTFW1E42LFA67890,39000,28202,,,,,Jo Roe,12", "phone", "too few"),
            ("1FTFW1E42LFA67890,39000,28202,,,,,,,surplus", "", "10 cells"),
        ],
    )
    def test_row_is_refused_with_number_field_and_reason(
        self, tmp_path: Path, row: str, field: str, said: str
    ) -> None:
        assert run(write(tmp_path, FULL, row)) == 1
        with (tmp_path / "trucks_refused.csv").open(encoding="utf-8-sig", newline="") as file:
            (refused,) = csv.DictReader(file)
        assert (refused["Row"], refused["Field"]) == ("3", field)
        assert said in refused["Why it was refused"]
        assert Lead.objects.count() == 1

    def test_customer_without_phone_is_left_out_with_a_notice(
        self, tmp_path: Path, capsys: Any
    ) -> None:
        assert run(write(tmp_path, BARE.replace(",,,,,,", ",,,,,Jo Roe,")), "--json") == 0
        assert "neither phone nor e-mail" in capsys.readouterr().out
        assert Lead.objects.get().customer_name == "Jo Roe"

    def test_kind_of_vehicle_without_a_rate_is_refused(self, tmp_path: Path) -> None:
        path = write(
            tmp_path, "1HD1KB4197Y722798,9000,28202,Road King,Harley",
            header="VIN,Miles,ZIP,Model,Make",
        )  # fmt: skip
        assert run(path) == 1
        assert not Vehicle.objects.exists()

    @pytest.mark.parametrize(
        "text",
        ["", "Name,Phone\nJo,1\n", "VIN\n", "%PDF-1.4 x"],
        ids=["empty", "no-vin", "no-rows", "pdf"],
    )
    def test_file_is_refused_as_a_whole(self, tmp_path: Path, text: str) -> None:
        path = tmp_path / "list.csv"
        path.write_text(text)
        assert run(path) == 2
        assert not ImportRun.objects.exists()

    def test_missing_file_is_refused(self, tmp_path: Path) -> None:
        assert run(tmp_path / "none.csv") == 2


class TestEvidence:
    TODAY = date(2026, 6, 1)

    @pytest.mark.parametrize(
        ("field", "text", "expected"),
        [
            ("short_trip_percentage", "0.45", 0.45),
            ("short_trip_percentage", "45", 0.45),
            ("short_trip_percentage", "45 %", 0.45),
            ("short_trip_percentage", "1%", 0.01),
            ("short_trip_percentage", "1", 1.0),
            ("start_cycles_annual", "2,400", 2_400),
            ("start_cycles_annual", "2400.0", 2_400),
            ("start_cycles_annual", "n/a", None),
        ],
    )
    def test_cells_are_read_as_people_write_them(
        self, field: str, text: str, expected: Any
    ) -> None:
        assert getattr(evidence.read({field: text}, self.TODAY), field) == expected

    @pytest.mark.parametrize(
        ("word", "decline"),
        [("Good", False), ("PASS", False), ("Good - Recharge", True), ("replace", True)],
    )
    def test_results_say_whether_the_charge_fell(self, word: str, decline: bool) -> None:
        assert evidence.read({"battery_test": word}, self.TODAY).soc_decline is decline

    def test_charge_alone_is_kept_and_proves_nothing(self) -> None:
        found = evidence.read({"state_of_charge": "61%"}, self.TODAY)
        assert (found.soc_value, found.soc_decline, found.soc_date) == (61.0, None, self.TODAY)
        assert found.notices

    def test_date_without_a_test_says_nothing(self) -> None:
        assert evidence.read({"battery_test_date": "2026-05-01"}, self.TODAY).soc_date is None

    def test_fault_names_its_field(self) -> None:
        with pytest.raises(EvidenceRefused) as refused:
            evidence.read({"state_of_charge": "full"}, self.TODAY)
        assert refused.value.field == "state_of_charge"

    @pytest.mark.parametrize(
        ("code", "state"),
        [("30309", "GA"), ("39901-1234", "GA"), ("34002", None), ("10001", None), (None, None)],
    )
    def test_state_follows_from_the_zip(self, code: str | None, state: str | None) -> None:
        assert state_of(code) == state
