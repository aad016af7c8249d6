import csv
import io
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from crm.enums import Role
from crm.exports import as_cell, disarm, write_csv, write_xlsx
from crm.importing.reading import rearmed
from crm.models import AuditEntry, Customer, ExportLog, Vehicle
from crm.services import import_files, imports
from tests import factories

PAYLOADS = [
    "=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "'=1", "''=1", '=HYPERLINK("x","y")', "-",
    "--x", "O'Brien", "a, b", 'say "hi"', "Zoë", "'quoted'",
]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("=1+1", "'=1+1"),
        ("+12055550142", "+12055550142"),
        ("+1 205", "'+1 205"),
        ("-5", "-5"),
        ("-5.25", "-5.25"),
        ("-5+1", "'-5+1"),
        ("@x", "'@x"),
        ("\tx", "'\tx"),
        ("'=1", "''=1"),
        ("O'Brien", "O'Brien"),
        ("'x", "'x"),
    ],
)
def test_disarm(text: str, expected: str) -> None:
    assert disarm(text) == expected


@given(st.text())
def test_disarmed_text_comes_back_and_is_no_formula(text: str) -> None:
    safe = disarm(text)

    if safe != text:
        assert safe[0] == "'"
        assert rearmed(safe) == text
    elif text[:1] in ("=", "@"):
        pytest.fail("a formula got through")


def test_as_cell_of_each_kind() -> None:
    assert as_cell(None) == ""
    assert as_cell(True) == "yes"
    assert as_cell(Decimal("1.50")) == Decimal("1.50")
    assert as_cell(["a", "=b"]) == "a; =b"
    assert as_cell(["=b"]) == "'=b"


def test_csv_is_rfc_4180_with_a_byte_order_mark() -> None:
    data = b"".join(write_csv(["A", "B"], [["a,b", 'say "hi"'], [date(2021, 3, 5), 1]]))

    assert data == b'\xef\xbb\xbfA,B\r\n"a,b","say ""hi"""\r\n2021-03-05,1\r\n'


def test_xlsx_holds_text_dates_and_numbers_but_no_formula() -> None:
    file = write_xlsx(["A", "B", "C"], [["=1+1", date(2021, 3, 5), Decimal("1.5")]])

    sheet = openpyxl.load_workbook(io.BytesIO(file.read())).active
    cells = next(iter(sheet.iter_rows(min_row=2)))
    assert [c.data_type for c in cells] == ["s", "d", "n"]
    assert cells[0].value == "=1+1"


@pytest.fixture
def advisor(client: Client) -> Client:
    client.force_login(factories.UserFactory(role=Role.ADVISOR, username="al"))
    return client


def body(response: Any) -> bytes:
    return b"".join(response.streaming_content)


def rows_of(data: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(data.decode("utf-8-sig"))))


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "make"),
    [
        ("customers", factories.CustomerFactory),
        ("vehicles", factories.VehicleFactory),
        ("appointments", factories.AppointmentFactory),
        ("service-history", factories.ServiceRecordFactory),
        ("declined-work", lambda: factories.ServiceLineFactory(outcome="declined", reason="cost")),
    ],
)
def test_each_list_is_exported_and_logged(
    advisor: Client, name: str, make: Callable[[], Any]
) -> None:
    make()

    response = advisor.get(reverse("export", args=[name, "csv"]))

    assert response["Content-Type"].startswith("text/csv")
    assert len(rows_of(body(response))) == 2
    log = ExportLog.objects.get()
    assert (log.user_label, log.list_name, log.format, log.rows) == ("al", name, "csv", 1)
    sheet = openpyxl.load_workbook(
        io.BytesIO(body(advisor.get(reverse("export", args=[name, "xlsx"]))))
    ).active
    assert sheet.max_row == 2


@pytest.mark.django_db
def test_export_uses_the_filters_and_names_them_in_the_log(advisor: Client) -> None:
    factories.CustomerFactory(state="GA")
    factories.CustomerFactory(state="TN")

    response = advisor.get(reverse("export", args=["customers", "csv"]), {"state": "GA"})

    assert len(rows_of(body(response))) == 2
    assert ExportLog.objects.get().filters == "state=GA"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("path", "query", "status"),
    [
        (["customers", "csv"], {"stauts": "x"}, 400),
        (["customers", "csv"], {"customer_type": "x"}, 400),
        (["customers", "pdf"], {}, 404),
        (["users", "csv"], {}, 404),
    ],
)
def test_wrong_export_addresses(
    advisor: Client, path: list[str], query: dict[str, str], status: int
) -> None:
    assert advisor.get(reverse("export", args=path), query).status_code == status
    assert not ExportLog.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize("role", [Role.BDC, Role.SALES, Role.TECHNICIAN])
def test_roles_without_the_capability_export_nothing(client: Client, role: str) -> None:
    client.force_login(factories.UserFactory(role=role))

    assert client.get(reverse("export", args=["customers", "csv"])).status_code == 403


@pytest.mark.django_db
def test_strangers_are_led_to_the_sign_in_page(client: Client) -> None:
    assert client.get(reverse("export", args=["customers", "csv"])).status_code == 302


@pytest.mark.django_db
def test_number_of_queries_does_not_depend_on_the_rows(advisor: Client) -> None:
    url = reverse("export", args=["vehicles", "csv"])
    factories.VehicleFactory()
    body(advisor.get(url))
    with CaptureQueriesContext(connection) as one:
        body(advisor.get(url))
    factories.VehicleFactory.create_batch(2)

    with CaptureQueriesContext(connection) as three:
        body(advisor.get(url))

    assert len(three) == len(one)


@pytest.mark.django_db
@pytest.mark.parametrize("kind", ["csv", "xlsx"])
@pytest.mark.parametrize("name", ["customers", "vehicles"])
def test_exported_file_imported_again_changes_nothing(
    advisor: Client, tmp_path: Path, name: str, kind: str
) -> None:
    advisor_user = factories.UserFactory(username="mike")
    for number, text in enumerate(PAYLOADS):
        customer = factories.CustomerFactory(
            first_name=text,
            last_name=text,
            notes=text,
            city=text,
            state="GA",
            zip_code="02134",
            date_of_birth=date(1980, 3, 4),
            preferred_service_advisor=advisor_user,
        )
        factories.VehicleFactory(
            customer=customer, color=text, purchase_date=date(2022, 3, 4), trim=text
        )
        factories.VehicleFactory(customer=customer, is_primary_vehicle=False, status="sold")
        del number
    audited = AuditEntry.objects.count()
    path = tmp_path / f"export.{kind}"
    path.write_bytes(body(advisor.get(reverse("export", args=[name, kind]))))

    run = import_files.register(path=path, name=path.name, by=None)
    imports.match_columns(run=run, mapping=run.mapping, options={})
    imports.begin(run=run)
    report = imports.import_all(run=run, path=path)

    model = Customer if name == "customers" else Vehicle
    assert (report.same, report.refused, report.changed) == (model.objects.count(), 0, 0), (
        report.examples
    )
    assert AuditEntry.objects.count() == audited


@pytest.mark.django_db
def test_export_corrected_and_imported_writes_only_the_correction(
    advisor: Client, tmp_path: Path
) -> None:
    kept = factories.CustomerFactory()
    wrong = factories.CustomerFactory(last_name="Jonson")
    rows = rows_of(body(advisor.get(reverse("export", args=["customers", "csv"]))))
    column = rows[0].index("Last name")
    for row in rows:
        row[column] = row[column].replace("Jonson", "Johnson")
    path = tmp_path / "fixed.csv"
    with path.open("w", newline="") as file:
        csv.writer(file).writerows(rows)

    run = import_files.register(path=path, name=path.name, by=None)
    imports.match_columns(run=run, mapping=run.mapping, options={})
    imports.begin(run=run)
    report = imports.import_all(run=run, path=path)

    assert (report.changed, report.same) == (1, 1)
    before = kept.updated_at
    kept.refresh_from_db()
    wrong.refresh_from_db()
    assert (kept.updated_at, wrong.last_name) == (before, "Johnson")
