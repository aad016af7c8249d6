"""Imports against the database: outcomes, dry run, taking back, resuming."""

import csv
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from crm.enums import BatchKind, ImportStatus
from crm.exceptions import Refused
from crm.importing.reading import Unreadable
from crm.models import (
    AuditEntry,
    Customer,
    CustomerSearch,
    DataBatch,
    ImportChange,
    ImportRow,
    ImportRun,
    Vehicle,
)
from crm.services import import_files, imports
from crm.services.customers import erase_customer, update_customer
from crm.services.import_refusals import refused_rows
from crm.services.import_report import Report
from crm.services.import_revert import revert_import
from tests import factories

pytestmark = pytest.mark.django_db

HEADERS = ["First name", "Last name", "Phone", "E-mail", "VIN", "Mileage", "Notes"]
Import = Callable[..., tuple[ImportRun, Report]]


@pytest.fixture
def bring(tmp_path: Path) -> Import:
    """Import rows as a person would: `bring(row, row, ..., headers=, dry_run=, move_vehicles=)`."""

    def run_import(
        *rows: list[str], headers: list[str] = HEADERS, dry_run: bool = False, **options: bool
    ) -> tuple[ImportRun, Report]:
        path = tmp_path / "customers.csv"
        with path.open("w", newline="") as file:
            csv.writer(file).writerows([headers, *rows])
        run = import_files.register(path=path, name=path.name, by=None)
        imports.match_columns(run=run, mapping=run.mapping, options=options)
        if dry_run:
            return run, imports.check(run=run, path=path)
        imports.begin(run=run, again=True)
        report = imports.import_all(run=run, path=path)
        run.refresh_from_db()
        return run, report

    return run_import


def counts(report: Report) -> tuple[int, int, int, int]:
    return report.created, report.changed, report.same, report.refused


def row(  # noqa: PLR0917
    first="Ann", last="Lee", phone="2055550142", email="", vin="", mileage="", notes=""
):
    return [first, last, phone, email, vin, mileage, notes]


def reason(report: Report) -> str:
    return report.examples["refused"][0]["reason"]


def test_import_of_a_new_customer_with_vehicle_creates_both(bring: Import) -> None:
    vin = factories.new_vin()

    run, report = bring(row("ANN", "MCDONALD", "(205) 555-0142", "Ann@X.com", vin, "45,120"))

    assert counts(report) == (1, 0, 0, 0)
    customer = Customer.objects.get()
    assert (customer.name, customer.phone, customer.email) == (
        "Ann McDonald", "+12055550142", "ann@x.com",
    )  # fmt: skip
    assert customer.batch == run.batch
    assert customer.customer_since is None
    vehicle = customer.vehicles.get()
    assert (vehicle.year, vehicle.make, vehicle.model) == (2020, "Ford", "F-150")
    assert (vehicle.current_mileage, vehicle.is_primary_vehicle) == (45_120, True)
    assert report.records["customers_created"] == report.records["vehicles_created"] == 1


def test_import_writes_the_audit_trail_and_the_search_document(bring: Import) -> None:
    run, _ = bring(row(vin=factories.new_vin()))

    entry = AuditEntry.objects.get(table_name="customers")
    assert (entry.source, entry.request_id) == ("import", str(run.pk))
    document = CustomerSearch.objects.get().document
    assert "ann lee" in document
    assert Vehicle.objects.get().vin.lower() in document


def test_second_import_of_the_same_rows_changes_nothing(bring: Import) -> None:
    rows = [row(vin=factories.new_vin()), row("Bob", "Ray", "2055550143", "b@x.com")]
    bring(*rows)
    before = list(Customer.objects.values_list("updated_at", flat=True).order_by("id"))

    run, report = bring(*rows)

    assert counts(report) == (0, 0, 2, 0)
    assert list(Customer.objects.values_list("updated_at", flat=True).order_by("id")) == before
    assert not ImportChange.objects.filter(run=run).exists()


@pytest.mark.parametrize("by", ["phone", "email", "vin"])
def test_known_customer_is_found_by_phone_email_or_vin_and_updated(bring: Import, by: str) -> None:
    customer = factories.CustomerFactory(
        first_name="Ann", last_name="Lee", phone="+12055550142", email="a@x.com"
    )
    vehicle = factories.VehicleFactory(customer=customer)
    new = {"phone": "2055550199", "email": "new@x.com", "vin": ""}
    known = {"phone": "205-555-0142", "email": "A@X.COM", "vin": vehicle.vin}

    _, report = bring(row(**new | {by: known[by]}, notes="from the file"))

    assert counts(report) == (0, 1, 0, 0)
    customer.refresh_from_db()
    assert customer.notes == "from the file"
    assert customer.email == ("a@x.com" if by == "email" else "new@x.com")
    labels = {d["label"] for d in report.examples["changed"][0]["differences"]}
    assert "Notes" in labels


def test_empty_cells_never_erase(bring: Import) -> None:
    customer = factories.CustomerFactory(
        first_name="Ann", last_name="Lee", phone="+12055550142", email="a@x.com", notes="old"
    )

    _, report = bring(row())

    customer.refresh_from_db()
    assert (counts(report), customer.email, customer.notes) == ((0, 0, 1, 0), "a@x.com", "old")


def test_capitals_of_a_shouting_file_are_no_change(bring: Import) -> None:
    factories.CustomerFactory(first_name="Ann", last_name="van Dyke", phone="+12055550142")

    _, report = bring(row("ANN", "VAN DYKE"))

    assert counts(report) == (0, 0, 1, 0)


def test_rows_of_one_customer_merge(bring: Import) -> None:
    first, second = factories.new_vin(), factories.new_vin(1)

    _, report = bring(
        row(vin=first), row("Ann", "Lee", "+1 205 555 0142", vin=second), row(vin=first)
    )

    assert counts(report) == (1, 1, 1, 0)
    primary = dict(Vehicle.objects.values_list("vin", "is_primary_vehicle"))
    assert primary == {first: True, second: False}


@pytest.mark.parametrize(
    ("bad", "field", "words"),
    [
        ({"phone": "12"}, "phone", "Phone: "),
        ({"phone": ""}, "phone", "needs one"),
        ({"first": ""}, "first_name", "first and a last name"),
        ({"email": "nobody"}, "email", "name@example.com"),
        ({"vin": "1FTFW1ET5LFA67890"}, "vin", "check digit"),
        ({"notes": "=HYPERLINK(1)"}, "notes", "formula"),
        ({"notes": "a\x00b"}, "notes", "NUL"),
        ({"mileage": "-5", "vin": factories.new_vin()}, "current_mileage", "whole miles"),
    ],
)
def test_bad_row_is_refused_with_field_and_remedy(
    bring: Import, bad: dict[str, str], field: str, words: str
) -> None:
    _, report = bring(row(**bad), row("Bob", "Ray", "2055550143"))

    assert counts(report) == (1, 0, 0, 1)
    refused = report.examples["refused"][0]
    assert (refused["line"], refused["field"]) == (2, field)
    assert words in refused["reason"]


def test_phone_of_somebody_with_another_name_is_refused(bring: Import) -> None:
    factories.CustomerFactory(first_name="Bob", last_name="Ray", phone="+12055550142")

    _, report = bring(row())

    assert counts(report) == (0, 0, 0, 1)
    assert "Bob Ray" in reason(report)


def test_phone_and_email_of_two_customers_are_refused(bring: Import) -> None:
    factories.CustomerFactory(first_name="Ann", last_name="Lee", phone="+12055550142")
    factories.CustomerFactory(first_name="Ann", last_name="Ray", email="r@x.com")

    _, report = bring(row(email="r@x.com"))

    assert "Ann Lee's, the e-mail address Ann Ray's" in reason(report)


def test_vehicle_of_somebody_else_is_refused_unless_vehicles_may_move(bring: Import) -> None:
    owner = factories.CustomerFactory(first_name="Bob", last_name="Ray")
    vehicle = factories.VehicleFactory(customer=owner)

    _, refused = bring(row(vin=vehicle.vin))
    assert counts(refused) == (0, 0, 0, 1)
    assert "belongs to Bob Ray" in reason(refused)

    _, moved = bring(row(vin=vehicle.vin), move_vehicles=True)
    vehicle.refresh_from_db()
    assert (counts(moved), moved.vehicles_moved) == ((1, 0, 0, 0), 1)
    assert vehicle.customer.name == "Ann Lee"
    assert vehicle.is_primary_vehicle


def test_falling_mileage_is_left_out_and_the_row_still_counts(bring: Import) -> None:
    customer = factories.CustomerFactory(first_name="Ann", last_name="Lee", phone="+12055550142")
    vehicle = factories.VehicleFactory(customer=customer, current_mileage=50_000)

    _, report = bring(row(vin=vehicle.vin, mileage="40000", notes="x"))

    vehicle.refresh_from_db()
    assert (counts(report), report.notices) == ((0, 1, 0, 0), 1)
    assert vehicle.current_mileage == 50_000
    assert "below the 50,000 on record" in report.examples["notices"][0]["text"]


def test_vehicle_without_vin_is_left_out_and_said(bring: Import) -> None:
    _, report = bring(row(mileage="40000"))

    assert (counts(report), report.notices, Vehicle.objects.count()) == ((1, 0, 0, 0), 1, 0)


def test_ids_of_an_export_win_over_phone_and_name(bring: Import) -> None:
    customer = factories.CustomerFactory(first_name="Bob", last_name="Ray", phone="+12055550143")

    _, report = bring([str(customer.pk), *row()], headers=["Customer ID", *HEADERS])

    customer.refresh_from_db()
    assert (counts(report), customer.name, customer.phone) == (
        (0, 1, 0, 0), "Ann Lee", "+12055550142",
    )  # fmt: skip


def test_dry_run_reports_the_same_and_leaves_nothing(bring: Import) -> None:
    known = factories.CustomerFactory(first_name="Ann", last_name="Lee", phone="+12055550142")
    audited = AuditEntry.objects.count()
    rows = [
        row(notes="new"),
        row("Bob", "Ray", "2055550143", vin=factories.new_vin()),
        row(phone="1"),
    ]

    run, checked = bring(*rows, dry_run=True)

    known.refresh_from_db()
    assert (known.notes or "", Customer.objects.count(), Vehicle.objects.count()) == ("", 1, 0)
    assert AuditEntry.objects.count() == audited
    assert not ImportChange.objects.exists()
    assert run.refusals.filter(is_preview=True).count() == 1
    _, report = bring(*rows)
    assert counts(report) == counts(checked) == (1, 1, 0, 1)
    assert report.examples == checked.examples
    assert report.records == checked.records


def test_refused_rows_come_back_in_the_columns_of_the_file_and_can_be_imported(
    bring: Import,
) -> None:
    run, _ = bring(row(phone="1", notes="'=1+1"), row("Bob", "Ray", "2055550143"))

    header, *refused = list(refused_rows(run, is_preview=False))

    assert header == [*HEADERS, "Why it was refused"]
    assert refused[0][:-1] == row(phone="1", notes="'=1+1")
    assert "Phone" in refused[0][-1]
    refused[0][2] = "2055550142"
    _, again = bring(refused[0], headers=header)
    assert counts(again) == (1, 0, 0, 0)
    assert Customer.objects.get(first_name="Ann").notes == "=1+1"


def test_chunk_that_the_database_refuses_is_halved_to_the_row(
    bring: Import, monkeypatch: pytest.MonkeyPatch
) -> None:
    from crm.services import import_chunks

    monkeypatch.setattr(
        import_chunks, "_decoded", lambda rows, known: {v: _wrong(v) for v in _vins(rows)}
    )
    rows = [row("C", f"No{n}", f"205555{n:04d}") for n in range(9)]
    rows[4][4] = factories.new_vin()

    _, report = bring(*rows)

    assert counts(report) == (8, 0, 0, 1)
    assert report.examples["refused"][0]["line"] == 6


def _vins(rows: Any) -> list[str]:
    return [r.vehicle["vin"] for r in rows if "vin" in r.vehicle]


def _wrong(vin: str) -> dict[str, Any]:
    """A decoder's answer that only the database finds fault with."""
    return {"year": 2020, "make": "M" * 60, "model": "X"}


def test_same_file_is_not_imported_twice_unless_asked(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("First name,Last name,Phone\nAnn,Lee,2055550142\n")
    first, second = (import_files.register(path=path, name="a.csv", by=None) for _ in range(2))
    for run in (first, second):
        imports.match_columns(run=run, mapping=run.mapping, options={})
    imports.begin(run=first)
    imports.import_all(run=first, path=path)

    with pytest.raises(imports.AlreadyImported):
        imports.begin(run=second)
    imports.begin(run=second, again=True)
    assert imports.import_all(run=second, path=path).same == 1


def test_interrupted_import_goes_on_where_it_was(
    bring: Import, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imports, "CHUNK_ROWS", 2)
    path = tmp_path / "b.csv"
    lines = [f"C,No{n},205555{n:04d}" for n in range(5)]
    path.write_text("\n".join(["First name,Last name,Phone", *lines]))
    run = import_files.register(path=path, name="b.csv", by=None)
    imports.match_columns(run=run, mapping=run.mapping, options={})
    imports.begin(run=run)
    assert imports.import_next(run=run, path=path)
    ImportRow.objects.all().delete()  # as a crash leaves an unlogged table

    report = imports.import_all(run=run, path=path)

    assert counts(report) == (5, 0, 0, 0)
    assert not imports.import_next(run=run, path=path)
    assert Customer.objects.count() == 5


def test_mapping_is_remembered_for_files_with_the_same_headers(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("A,B,C\nAnn,Lee,2055550142\n")
    run = import_files.register(path=path, name="a.csv", by=None)
    chosen = {"A": "first_name", "B": "last_name", "C": "phone"}
    imports.match_columns(run=run, mapping=chosen, options={})
    imports.begin(run=run)
    imports.import_all(run=run, path=path)
    path.write_text("c,B,A\n2055550143,Ray,Bob\n")

    again = import_files.register(path=path, name="a.csv", by=None)

    assert again.mapping == {"c": "phone", "B": "last_name", "A": "first_name"}


def test_unreadable_upload_leaves_nothing() -> None:
    with pytest.raises(Unreadable):
        import_files.receive(chunks=[b"%PDF-1.7"], name="a.csv", by=None)

    assert not ImportRun.objects.exists()


def test_revert_removes_what_was_created_and_restores_what_was_changed(bring: Import) -> None:
    known = factories.CustomerFactory(
        first_name="Ann", last_name="Lee", phone="+12055550142", notes="old"
    )
    vehicle = factories.VehicleFactory(customer=known, current_mileage=10_000)
    run, _ = bring(
        row(notes="new", vin=vehicle.vin, mileage="20000"),
        row("Bob", "Ray", "2055550143", vin=factories.new_vin(1)),
    )

    report = revert_import(run=run, by=None)

    assert (report.removed, report.restored, report.left) == (
        {"vehicles": 1, "customers": 1}, {"vehicles": 1, "customers": 1}, [],
    )  # fmt: skip
    known.refresh_from_db()
    vehicle.refresh_from_db()
    assert (known.notes, vehicle.current_mileage) == ("old", 10_000)
    assert Customer.objects.count() == Vehicle.objects.count() == 1
    assert run.status == ImportStatus.REVERTED
    assert run.batch.reverted_at is not None
    with pytest.raises(Refused):
        revert_import(run=run, by=None)


def test_revert_leaves_what_was_edited_or_used_since_and_says_so(bring: Import) -> None:
    run, _ = bring(
        *(row("C", f"No{n}", f"205555{n:04d}", vin=factories.new_vin()) for n in range(4))
    )
    edited, booked, noted, gone = Customer.objects.order_by("last_name")
    update_customer(customer=edited, data={"notes": "mine"})
    factories.AppointmentFactory(customer=booked, vehicle=booked.vehicles.get())
    noted.journal.create(text="called")

    report = revert_import(run=run, by=None)

    left = {(item["table"], item["reason"]) for item in report.left}
    assert ("customers", "It was edited after the import.") in left
    assert ("customers", "It has appointments by now.") in left
    assert ("vehicles", "It has appointments by now.") in left
    assert ("customers", "It has customer notes by now.") in left
    assert set(Customer.objects.all()) == {edited, booked, noted}
    assert report.left_count == len(report.left) == 4
    assert not Customer.objects.filter(pk=gone.pk).exists()


def test_revert_gives_a_moved_vehicle_back(bring: Import) -> None:
    owner = factories.CustomerFactory(first_name="Bob", last_name="Ray")
    vehicle = factories.VehicleFactory(customer=owner)
    run, _ = bring(row(vin=vehicle.vin), move_vehicles=True)

    revert_import(run=run, by=None)

    vehicle.refresh_from_db()
    assert (vehicle.customer, vehicle.is_primary_vehicle) == (owner, True)
    assert Customer.objects.count() == 1


def test_revert_after_thirty_days_is_refused(bring: Import) -> None:
    run, _ = bring(row())
    ImportRun.objects.update(created_at=timezone.now() - timedelta(days=31))

    with pytest.raises(Refused, match="30 days"):
        revert_import(run=run, by=None)


def test_old_uploads_and_former_values_are_forgotten(bring: Import) -> None:
    run, _ = bring(row(), row(phone="1"))
    upload = import_files.receive(chunks=[b"Name,Phone\nA,1\n"], name="x.csv", by=None)

    assert import_files.prune(now=timezone.now() + timedelta(days=31)) == 2

    assert not ImportRun.objects.filter(pk=upload.pk).exists()
    run.refresh_from_db()
    assert (run.changes.count(), run.refusals.count(), run.report["examples"]) == (0, 0, {})


def test_anonymising_takes_a_customer_out_of_what_imports_remember(bring: Import) -> None:
    factories.CustomerFactory(first_name="Ann", last_name="Lee", phone="+12055550142", notes="old")
    run, _ = bring(row(notes="secret"), row("X", "Y", "(205) 555-0142"), row(phone="1"))
    assert run.refusals.count() == 2

    erase_customer(customer=Customer.objects.get(), reason="asked for")

    run.refresh_from_db()
    assert (run.changes.count(), run.report["examples"]) == (0, {})
    assert [refusal.cells[2] for refusal in run.refusals.all()] == ["1"]


def test_batch_is_named_after_the_file(bring: Import) -> None:
    run, _ = bring(row())

    batch = DataBatch.objects.get()
    assert (batch.kind, batch.label) == (BatchKind.IMPORT, "customers.csv")
    assert run.file_name == "customers.csv"


def test_dates_of_a_column_are_read_by_its_evidence(bring: Import) -> None:
    headers = ["First name", "Last name", "Phone", "DOB"]

    _, report = bring(
        ["A", "One", "2055550142", "04/03/1980"],
        ["B", "Two", "2055550143", "25/12/1981"],
        headers=headers,
    )

    assert counts(report) == (2, 0, 0, 0)
    assert Customer.objects.get(first_name="A").date_of_birth == date(1980, 3, 4)
