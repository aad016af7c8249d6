import csv
import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from crm.models import Customer, DataBatch, ImportRun

pytestmark = pytest.mark.django_db

GOOD = "First name,Last name,Phone\nAnn,Lee,2055550142\n"
MIXED = GOOD + "Bob,Ray,12\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "customers.csv"
    path.write_text(MIXED)
    return path


def run(*arguments: Any) -> int:
    """The command's exit code."""
    try:
        call_command(*map(str, arguments))
    except SystemExit as stop:
        return int(stop.code or 0)
    return 0


def test_good_file_ends_with_zero_and_says_how_to_take_it_back(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "good.csv"
    path.write_text(GOOD)

    assert run("import_customers", path, "--batch-label", "From the old system") == 0

    assert f"revert_import {ImportRun.objects.get().pk}" in capsys.readouterr().out
    assert DataBatch.objects.get().label == "From the old system"


def test_refused_rows_end_with_two_and_go_into_a_file(
    file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    refused = tmp_path / "refused.csv"

    assert run("import_customers", file, "--refused", refused) == 2

    assert "Row 3 refused. Phone" in capsys.readouterr().err
    with refused.open(encoding="utf-8-sig", newline="") as lines:
        rows = list(csv.reader(lines))
    assert [row[:3] for row in rows] == [["First name", "Last name", "Phone"], ["Bob", "Ray", "12"]]


def test_dry_run_leaves_nothing_at_all(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("import_customers", file, "--dry-run", "--json") == 2

    report = json.loads(capsys.readouterr().out)
    assert (report["created"], report["refused"], report["dry_run"]) == (1, 1, True)
    assert not Customer.objects.exists()
    assert not ImportRun.objects.exists()


def test_mapping_file_decides_about_the_columns(
    file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file.write_text("A,B,C,D\nAnn,Lee,2055550142,x\n")
    mapping = tmp_path / "mapping.json"
    mapping.write_text('{"A": "first_name", "B": "last_name", "C": "phone", "D": null}')

    assert run("import_customers", file, "--mapping", mapping, "--json") == 0

    assert json.loads(capsys.readouterr().out)["ignored"] == ["D"]
    assert Customer.objects.get().name == "Ann Lee"


@pytest.mark.parametrize("text", ["[1]", "{", '{"A": 1}', '{"X": "phone"}', '{"A": "nothing"}'])
def test_bad_mapping_ends_with_two(file: Path, tmp_path: Path, text: str) -> None:
    mapping = tmp_path / "mapping.json"
    mapping.write_text(text)

    assert run("import_customers", file, "--mapping", mapping) == 2
    assert not ImportRun.objects.exists()


def test_unreadable_file_ends_with_two_and_words(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file.write_bytes(b"%PDF-1.7")

    assert run("import_customers", file, "--json") == 2

    out = capsys.readouterr()
    assert json.loads(out.out)["error"] == "unreadable_file"
    assert "neither a CSV" in out.err


def test_missing_file_is_a_command_error(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="no file"):
        call_command("import_customers", str(tmp_path / "x.csv"))


def test_second_import_of_the_file_needs_again(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file.write_text(GOOD)
    assert run("import_customers", file) == 0

    assert run("import_customers", file) == 2
    assert "Nothing was done" in capsys.readouterr().err
    assert run("import_customers", file, "--again") == 0
    assert Customer.objects.count() == 1


def test_revert_command_takes_it_back(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run("import_customers", file)
    key = ImportRun.objects.get().pk

    assert run("revert_import", key) == 0

    assert "customers: 1 removed" in capsys.readouterr().out
    with pytest.raises(CommandError):
        call_command("revert_import", str(key))
    with pytest.raises(CommandError, match="no import"):
        call_command("revert_import", "nonsense")
