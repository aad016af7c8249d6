"""JSON, CSV and summary: the seed's shape, the way back, safety, and all files or none."""

import csv
import io
import json
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from crm.importing.reading import Unreadable
from leads.exporting import files, formats, generated, readers
from leads.exporting.fields import FIELDS, NAMES, SEED_FIELDS, plain
from leads.generator import Plan

SEED_NAMES = """
    vin year make model vehicle_type weight_class current_mileage vehicle_age
    zip_code city state climate_zone temp_winter temp_summer temperature_delta
    start_cycles_annual start_cycle_deviation temperature_stress short_trip_percentage
    estimated_cold_starts
    base_prior adjusted_prior active_lrs combined_lr posterior_probability risk_percentile
    urgency_score
    primary_service parts_cost service_cost total_opportunity contact_urgency
    predicted_failure_window
    lead_id customer_name cohort_assignment
""".split()  # noqa: SIM905  (readable)
STAMP = datetime(2024, 12, 31, 8, 30, 5)
# A dealer's own vehicle: much unknown, and a customer whose name is an attack.
REAL = dict.fromkeys(NAMES) | {
    "lead_id": 9_001, "vin": "1FTFW1E51LFA67890", "year": 2020, "make": "Ford", "model": "F-150",
    "customer_name": '=HYPERLINK("x")', "cohort_assignment": "light_truck_unknown",
    "active_lrs": [], "urgency_score": 12, "posterior_probability": 0.15, "status": "new",
    "total_opportunity": 405, "expected_value": Decimal("60.75"), "source": "crm",
    "contact_urgency": "48_hours", "predicted_failure_window": "6-12_months",
}  # fmt: skip


@pytest.fixture(scope="module")
def rows() -> list[Any]:
    return [*generated.rows(Plan(100, 1)), REAL]


@pytest.fixture
def written(rows: list[Any], tmp_path: Path) -> list[Path]:
    return files.write_files(rows, tmp_path, stamp=STAMP, metadata={"seed": 1})


class TestShape:
    def test_fields_are_the_seeds_in_its_order_and_then_more(self) -> None:
        assert [field.name for field in SEED_FIELDS] == SEED_NAMES
        assert list(NAMES[: len(SEED_NAMES)]) == SEED_NAMES

    def test_files_have_the_seeds_names(self, written: list[Path]) -> None:
        assert [path.name for path in written] == [
            "vin_leads_database_20241231_083005.json",
            "vin_leads_database_20241231_083005.csv",
            "vin_leads_database_summary_20241231_083005.txt",
        ]

    def test_json_is_nested_in_the_seeds_sections(self, written: list[Path]) -> None:
        found = json.loads(written[0].read_text())
        assert (found["count"], found["metadata"]["seed"], len(found["leads"])) == (101, 1, 101)
        assert list(found["leads"][0]) == [
            "vehicle_identification", "geographic_data", "stressor_analysis",
            "bayesian_calculations", "business_intelligence", "customer_data", "provenance",
        ]  # fmt: skip
        assert found["leads"][0]["customer_data"]["lead_id"] == 1
        assert found["leads"][0]["provenance"]["source"] == "synthetic"

    def test_csv_is_flat_under_the_fields_names(self, written: list[Path]) -> None:
        with written[1].open(newline="") as file:
            table = list(csv.DictReader(file))
        assert list(table[0]) == list(NAMES)
        assert json.loads(table[0]["active_lrs"]) == generated_first()["active_lrs"]
        assert {row["source"] for row in table} == {"synthetic", "crm"}

    def test_bom_is_written_for_spreadsheets_only(self, rows: list[Any]) -> None:
        plain_file, marked = io.StringIO(), io.StringIO()
        formats.write_csv(rows[:1], plain_file)
        formats.write_csv(rows[:1], marked, bom=True)
        assert marked.getvalue() == "\ufeff" + plain_file.getvalue()


def generated_first() -> Any:
    return next(generated.rows(Plan(100, 1)))


class TestRoundTrip:
    def test_json_and_csv_give_back_the_same_records(
        self, rows: list[Any], written: list[Path]
    ) -> None:
        from_json, from_csv = (list(readers.read_file(path)) for path in written[:2])
        assert from_json == from_csv == [plain(row) for row in rows]
        assert [list(map(type, row.values())) for row in from_json] == [
            list(map(type, row.values())) for row in from_csv
        ]

    def test_formula_is_disarmed_in_the_csv_and_comes_back(self, written: list[Path]) -> None:
        with written[1].open(newline="") as file:
            assert list(csv.DictReader(file))[-1]["customer_name"] == '\'=HYPERLINK("x")'
        assert list(readers.read_file(written[1]))[-1]["customer_name"] == '=HYPERLINK("x")'

    def test_json_laid_out_by_somebody_else_is_read_too(self, written: list[Path]) -> None:
        found = json.loads(written[0].read_text())
        pretty = io.StringIO(json.dumps({"leads": found["leads"]}, indent=4))
        assert list(readers.read_json(pretty)) == list(readers.read_file(written[0]))

    @pytest.mark.parametrize(
        ("name", "text", "said"),
        [
            ("a.txt", "", "ends neither"),
            ("a.json", '{"other": []}', "no list named"),
            ("a.json", '{"leads": [{"vehicle_identification": {"vin": "1"}}', "ends too early"),
            ("a.json", '{"leads": [1]}', "Lead 1 is no JSON object"),
            ("a.json", '{"leads": [{"vin": "1"}]}', "sections"),
            ("a.json", '{"leads": [{"a": {"year": "2020"}}]}', "Lead 1: year is no integer"),
            ("a.json", '{"leads": [{"a": {"as_of": "soon"}}]}', "as_of is no date"),
            ("a.csv", "a,b\n1,2\n", "No column"),
            ("a.csv", "vin,year\nX,soon\n", "Line 2: year is no integer"),
            ("a.csv", "vin,year\nX\n", "Line 2 has not as many cells"),
            ("a.csv", "vin,year\nX,1,2\n", "Line 2 has not as many cells"),
        ],
    )
    def test_unreadable_file_says_why(
        self, tmp_path: Path, name: str, text: str, said: str
    ) -> None:
        path = tmp_path / name
        path.write_text(text)
        with pytest.raises(Unreadable, match=said):
            list(readers.read_file(path))

    def test_missing_file_says_so(self, tmp_path: Path) -> None:
        with pytest.raises(Unreadable, match="cannot be read"):
            list(readers.read_file(tmp_path / "none.csv"))


class TestSummary:
    def test_summary_counts_what_the_rows_say(self, rows: list[Any]) -> None:
        text = summary(rows)
        high = sum(row["contact_urgency"] == "immediate" for row in rows)
        total = sum(row["total_opportunity"] for row in rows)
        assert "Leads: 101, 100 of them synthetic" in text
        assert f"high (60 % and more){high:>28,}{100 * high / 101:>8.1f} %" in text
        assert f"Total opportunity{total:>31,}" in text
        for title in ("Risk", "Contact urgency", "States", "Cohorts", "Stressors", "Top 10"):
            assert f"\n{title}" in text

    def test_summary_names_the_ten_most_urgent_in_order(self, rows: list[Any]) -> None:
        best = sorted(rows, key=lambda r: (-r["urgency_score"], -r["posterior_probability"]))
        lines = [line for line in summary(rows).splitlines() if ", urgency " in line]
        assert len(lines) == 10
        assert all(row["vin"] in line for row, line in zip(best, lines, strict=False))

    def test_summary_of_nothing_divides_by_nothing(self) -> None:
        assert "Leads: 0, none synthetic" in summary([])


def summary(rows: list[Any]) -> str:
    out = io.StringIO()
    formats.write_summary(rows, out, {"seed": 1})
    return out.getvalue()


class TestFiles:
    def test_same_plan_gives_the_same_bytes(self, tmp_path: Path) -> None:
        def contents(folder: str, stamp: datetime) -> list[bytes]:
            paths = files.write_files(
                generated.rows(Plan(300, 5)), tmp_path / folder, stamp=stamp, metadata={}
            )
            return [path.read_bytes() for path in paths]

        assert contents("one", STAMP) == contents("two", datetime(2030, 1, 1))

    def test_failure_on_the_way_leaves_no_file(self, tmp_path: Path, rows: list[Any]) -> None:
        def broken() -> Iterator[Any]:
            yield rows[0]
            raise RuntimeError("power cut")

        with pytest.raises(RuntimeError):
            files.write_files(broken(), tmp_path, stamp=STAMP, metadata={})
        assert list(tmp_path.iterdir()) == []

    def test_existing_file_is_never_replaced(self, tmp_path: Path, rows: list[Any]) -> None:
        present = tmp_path / files.file_names(STAMP)[2]
        present.write_text("mine")
        with pytest.raises(FileExistsError):
            files.write_files(rows, tmp_path, stamp=STAMP, metadata={})
        assert [path.read_text() for path in tmp_path.iterdir()] == ["mine"]

    def test_date_and_list_fields_have_their_kinds(self) -> None:
        kinds = {field.name: field.kind for field in FIELDS}
        assert (kinds["as_of"], kinds["active_lrs"]) == ("date", "numbers")
        assert plain(generated_first())["as_of"] == date(2024, 12, 31)
