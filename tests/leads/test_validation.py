"""The checklist finds what is wrong, and passes what the generator makes."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from crm.decoder import decode_many
from leads.exporting import formats, generated
from leads.generator import Plan
from leads.measuring import Checklist
from leads.parameters import SEED
from leads.validation import Line, tolerance, verdict

Change = Callable[[list[dict[str, Any]]], None]


@pytest.fixture(scope="module")
def all_rows() -> list[Any]:
    return list(generated.rows(Plan(5_000, 42)))


@pytest.fixture(scope="module")
def rows() -> list[Any]:
    """A short list that meets every line."""
    return list(generated.rows(Plan(320, 42)))


def judged(rows: list[Any]) -> dict[str, Line]:
    checklist = Checklist({SEED.name: SEED})
    for row in rows:
        checklist.add(row)
    return {line.key: line for line in verdict(checklist, decode=decode_many)}


def changed(rows: list[Any], **values: Any) -> list[Any]:
    """The rows with other values in the first of them."""
    return [{**rows[0], **values}, *rows[1:]]


def failed(rows: list[Any]) -> set[str]:
    return {key for key, line in judged(rows).items() if not line.passed}


def test_generated_leads_meet_every_line(all_rows: list[Any]) -> None:
    lines = judged(all_rows)
    assert [key for key, line in lines.items() if not line.passed] == []
    assert list(lines)[:9] == [
        "vin_format", "geography", "mileage", "stressors", "bayes", "revenue", "percentiles",
        "names", "fields",
    ]  # fmt: skip
    assert "5,000 of 5,000 decoded by vPIC" in lines["vin_format"].measured
    assert lines["stressors"].figures["share"] >= 80


@pytest.mark.parametrize("count", [100, 1_000])
def test_short_lists_meet_every_line(count: int) -> None:
    assert failed(list(generated.rows(Plan(count, 42)))) == set()


@pytest.mark.parametrize(
    ("values", "lines"),
    [
        ({"vin": "1FTFW1ET5LFA67890"}, {"vin_format"}),
        ({"year": 2019}, {"vin_format", "years"}),
        ({"model": "Ranger", "vin": "1FTFW1E51LFA67890"}, {"vin_format", "revenue"}),
        ({"zip_code": "10001"}, {"geography"}),
        ({"climate_zone": "mountain_cool"}, {"geography"}),
        ({"current_mileage": 50_001}, {"mileage", "bayes"}),
        ({"posterior_probability": 0.2}, {"bayes", "percentiles"}),
        ({"combined_lr": 99.0}, {"bayes"}),
        ({"active_lrs": []}, {"bayes"}),
        ({"contact_urgency": "immediate"}, {"bayes"}),
        ({"parameters_name": "unknown"}, {"bayes"}),
        ({"vehicle_type": "boat"}, {"bayes"}),
        ({"parts_cost": 1}, {"revenue"}),
        ({"total_opportunity": 1}, {"revenue"}),
        ({"risk_percentile": 101}, {"bayes", "percentiles"}),
        ({"customer_name": "CUSTOMER 17"}, {"names"}),
        ({"customer_name": ""}, {"fields", "names"}),
        ({"city": None}, {"fields", "geography"}),
        ({"urgency_score": None}, {"bayes", "fields", "percentiles"}),
    ],
)
def test_a_fault_fails_its_lines(rows: list[Any], values: dict[str, Any], lines: set[str]) -> None:
    first = rows[0] if values.get("contact_urgency") != rows[0]["contact_urgency"] else rows[1]
    found = failed(changed([first, *(row for row in rows if row is not first)], **values))
    # A changed lead also shifts the ranks of its cohort or its type's share by a hair.
    assert lines <= found <= lines | {"percentiles"}


def test_same_vin_twice_fails(rows: list[Any]) -> None:
    twice = {**rows[1], **{name: rows[0][name] for name in ("vin", "year", "model", "make")}}
    assert "vin_format" in failed([rows[0], twice, *rows[2:]])


def test_skewed_list_fails_shares_and_geography(all_rows: list[Any]) -> None:
    high = [r for r in all_rows if r["contact_urgency"] == "immediate" and r["state"] == "GA"]
    assert {"risk", "geography"} <= failed(high)


def test_empty_list_fails_without_an_error() -> None:
    assert "size" in failed([])
    assert not judged([])["bayes"].passed


def test_tolerance_is_3_points_and_wider_for_few() -> None:
    assert (tolerance(5_000), tolerance(1_000_000)) == (3.0, 3.0)
    assert tolerance(500) == pytest.approx(9.49, abs=0.01)


@pytest.mark.django_db
class TestCommand:
    @pytest.fixture
    def file(self, tmp_path: Path, rows: list[Any]) -> Path:
        path = tmp_path / "leads.json"
        with path.open("w") as out:
            formats.write_json(rows, out, {})
        return path

    def test_file_that_passes_ends_well(self, file: Path, capsys: Any) -> None:
        call_command("validate_leads", str(file))
        assert capsys.readouterr().out.count("pass ") == 13

    def test_file_that_fails_exits_1_and_says_where(
        self, tmp_path: Path, rows: list[Any], capsys: Any
    ) -> None:
        path = tmp_path / "leads.csv"
        with path.open("w", newline="") as out:
            formats.write_csv(changed(rows[:200], current_mileage=1), out)
        with pytest.raises(SystemExit) as exit_:
            call_command("validate_leads", str(path), "--json")
        report = json.loads(capsys.readouterr().out)
        lines = {line["key"]: line for line in report["lines"]}
        assert (exit_.value.code, report["leads"], report["passed"]) == (1, 200, False)
        assert lines["mileage"]["figures"] == {"outside": 1}

    def test_unreadable_file_exits_2(self, tmp_path: Path) -> None:
        path = tmp_path / "leads.json"
        path.write_text("[]")
        with pytest.raises(CommandError) as error:
            call_command("validate_leads", str(path))
        assert error.value.returncode == 2
