"""Commands about events, history, versions and reports."""

import json
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from tests.factories import CustomerFactory
from tests.warmth.factories import CustomerWarmthFactory, WarmthEventFactory, history_row
from warmth.management.commands.warmth_report import REPORTS
from warmth.models import ArchivedWarmthHistory, WarmthEvent

pytestmark = pytest.mark.django_db


def run(*args, **options):
    out, err = StringIO(), StringIO()
    code = 0
    try:
        call_command(*args, stdout=out, stderr=err, **options)
    except SystemExit as end:
        code = end.code
    return code, out.getvalue(), err.getvalue()


def refused(*args):
    with pytest.raises(CommandError) as error:
        run(*args)
    assert error.value.returncode == 2
    return str(error.value)


@pytest.fixture
def file(tmp_path):
    customer = CustomerFactory()
    path = tmp_path / "events.csv"
    path.write_text(
        "customer_id,event_type,occurred_at,event_key\n"
        f"{customer.pk},test_drive,2026-11-01T10:00:00-05:00,one\n"
        f"{customer.pk},nonsense,,two\n"
        f"{customer.pk},inquiry,,three\n"
    )
    return path


def test_import_takes_good_rows_and_names_the_others(file, tmp_path):
    listed = tmp_path / "refused.csv"
    code, out, err = run("import_warmth_events", str(file), "--refused", str(listed))
    assert (code, out.strip()) == (2, "2 recorded, 0 known, 1 refused.")
    assert "Line 3: Unknown kind of event." in err
    assert listed.read_text().splitlines()[1].startswith('3,"Unknown kind of event.')
    assert run("import_warmth_events", str(file))[1].strip() == "0 recorded, 2 known, 1 refused."


def test_import_dry_run_writes_nothing(file):
    _, out, _ = run("import_warmth_events", str(file), "--dry-run")
    assert out.startswith("2 would be recorded")
    assert not WarmthEvent.objects.exists()


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b"customer_id\n", "no column"),
        (b"customer_id,event_type,colour\n", "unknown column"),
        (b"customer_id,event_type\n\xff\xfe\x00", "not a CSV file"),
        (b"", "no column"),
    ],
)
def test_import_of_another_file_is_refused(tmp_path, content, fault):
    path = tmp_path / "x.csv"
    path.write_bytes(content)
    assert fault in refused("import_warmth_events", str(path))
    assert "cannot be read" in refused("import_warmth_events", str(tmp_path / "missing.csv"))


def test_archive_and_restore():
    history_row(CustomerWarmthFactory(), "20", timezone.now() - timedelta(days=800))
    assert "1 rows would move" in run("archive_warmth_history", "--dry-run")[1]
    assert "1 rows moved to the archive" in run("archive_warmth_history")[1]
    assert "1 rows moved back" in run("archive_warmth_history", "--restore", "900")[1]
    assert not ArchivedWarmthHistory.objects.exists()
    refused("archive_warmth_history", "--older-than-days", "0")
    refused("archive_warmth_history", "--restore", "10", "--dry-run")


@pytest.mark.parametrize("report", REPORTS)
def test_report_as_table_and_json(report):
    WarmthEventFactory()
    CustomerWarmthFactory(overall_warmth_score=50, days_since_last_interaction=91)
    code, table, _ = run("warmth_report", report)
    assert (code, bool(table.strip())) == (0, True)
    assert isinstance(json.loads(run("warmth_report", report, "--json")[1]), list)


def test_comparison_of_versions():
    assert "No scores are that old" in run("compare_warmth_algorithms")[1]
    WarmthEventFactory(event_type="purchase")
    table = run("compare_warmth_algorithms", "seed-1.0", "--months", "1")[1]
    assert "seed-1.0" in table and "computed" in table
    found = json.loads(run("compare_warmth_algorithms", "seed-1.0", "--months", "1", "--json")[1])
    assert (found[0]["version"], found[0]["accuracy"]["customers"]) == ("seed-1.0", 1)
    refused("compare_warmth_algorithms", "nothing")
    refused("compare_warmth_algorithms", "--months", "0")
