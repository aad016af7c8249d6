"""The way through the pages: upload, match, check, import, take back; and who may walk it."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from crm.enums import ImportStatus, Role
from crm.models import Customer, ImportRun
from crm.services import imports
from jobs.models import Outbox
from jobs.outbox import execute
from tests import factories

pytestmark = pytest.mark.django_db

CSV = b"First name,Last name,Cell,Fax\nAnn,Lee,2055550142,1\nBob,Ray,12,2\n"


@pytest.fixture
def manager(client: Client) -> Client:
    client.force_login(factories.UserFactory(role=Role.MANAGER, username="mia"))
    return client


def upload(client: Client, data: bytes = CSV, name: str = "list.csv") -> Any:
    return client.post(reverse("imports"), {"file": SimpleUploadedFile(name, data)})


def choices(run: ImportRun) -> dict[str, str]:
    return {f"column-{n}": run.mapping[h] or "" for n, h in enumerate(run.headers)}


def work() -> None:
    """Do what waits in the outbox, as the worker would."""
    while row := Outbox.objects.waiting().order_by("id").first():
        assert execute(row.pk), row.last_error


def checked_run(client: Client) -> ImportRun:
    upload(client)
    run = ImportRun.objects.get()
    client.post(reverse("import_columns", args=[run.pk]), choices(run))
    work()
    run.refresh_from_db()
    return run


def test_upload_leads_to_the_columns_with_guesses(manager: Client) -> None:
    response = upload(manager)

    run = ImportRun.objects.get()
    assert response["Location"] == reverse("import_columns", args=[run.pk])
    page = manager.get(response["Location"])
    assert page.context["form"]["column-2"].initial == "phone"
    assert "2055550142" in page.content.decode()


@pytest.mark.parametrize(
    ("data", "words"),
    [(b"", "empty"), (b"%PDF-1.7", "neither a CSV"), (b"A,A\n1,2\n", "Two columns")],
)
def test_unreadable_upload_is_refused_at_the_field(
    manager: Client, data: bytes, words: str
) -> None:
    response = upload(manager, data)

    assert response.status_code == 422
    assert words in str(response.context["form"].errors["file"])
    assert not ImportRun.objects.exists()


def test_matching_leads_to_the_check_and_its_report(manager: Client) -> None:
    upload(manager)
    run = ImportRun.objects.get()

    response = manager.post(reverse("import_columns", args=[run.pk]), choices(run))

    assert response["Location"] == reverse("import", args=[run.pk])
    waiting = manager.get(response["Location"])
    assert 'hx-trigger="every 2s"' in waiting.content.decode()
    work()
    body = manager.get(response["Location"]).content.decode()
    assert "What the import would do" in body
    assert "Ignored columns: Fax" in body
    assert "Row" in body and "too few" in body
    assert not Customer.objects.exists()


def test_matching_that_recognises_nobody_is_refused(manager: Client) -> None:
    upload(manager)
    run = ImportRun.objects.get()

    response = manager.post(reverse("import_columns", args=[run.pk]), {"column-0": "first_name"})

    assert response.status_code == 422
    assert "recognised" in response.content.decode()


def test_import_runs_in_the_background_and_can_be_taken_back(manager: Client) -> None:
    run = checked_run(manager)

    assert manager.post(reverse("import_start", args=[run.pk])).status_code == 302
    work()

    assert Customer.objects.get().name == "Ann Lee"
    body = manager.get(reverse("import", args=[run.pk])).content.decode()
    assert "What the import did" in body
    refused = b"".join(manager.get(reverse("import_refused", args=[run.pk])).streaming_content)
    assert b"Bob,Ray,12,2" in refused
    manager.post(reverse("import_revert", args=[run.pk]))
    assert not Customer.objects.exists()
    page = manager.get(reverse("import", args=[run.pk]))
    assert "Removed 1 customer and" in page.content.decode()


def test_import_given_up_says_so_and_goes_on(
    manager: Client, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.OUTBOX_MAX_TRIES = 1
    run = checked_run(manager)
    page = reverse("import", args=[run.pk])

    def fail(*args: Any) -> None:
        raise RuntimeError("the disk is full")

    with monkeypatch.context() as patched:
        patched.setattr(imports, "_chunk", fail)
        manager.post(reverse("import_start", args=[run.pk]))
        assert not execute(Outbox.objects.waiting().get().pk)
    run.refresh_from_db()
    assert run.status == ImportStatus.FAILED
    body = manager.get(page).content.decode()
    assert "It stopped after 0 rows" in body
    assert "Go on with the import" in body and "Take this import back" in body

    manager.post(reverse("import_start", args=[run.pk]))
    work()
    assert "What the import did" in manager.get(page).content.decode()
    assert Customer.objects.get().name == "Ann Lee"


def test_second_click_starts_nothing(manager: Client) -> None:
    run = checked_run(manager)
    url = reverse("import_start", args=[run.pk])

    manager.post(url)
    manager.post(url)

    assert Outbox.objects.waiting().count() == 1
    work()
    assert Customer.objects.count() == 1


def test_same_file_again_asks_first(manager: Client) -> None:
    first = checked_run(manager)
    manager.post(reverse("import_start", args=[first.pk]))
    work()
    upload(manager)
    second = ImportRun.objects.exclude(pk=first.pk).get()
    manager.post(reverse("import_columns", args=[second.pk]), choices(second))
    work()
    url = reverse("import_start", args=[second.pk])

    response = manager.post(url)

    assert response.status_code == 409
    assert "Nothing was done" in response.content.decode()
    manager.post(url, {"again": "1"})
    work()
    second.refresh_from_db()
    assert (second.status, second.report["same"]) == (ImportStatus.DONE, 1)


def test_import_goes_on_chunk_by_chunk(manager: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imports, "CHUNK_ROWS", 1)
    run = checked_run(manager)
    manager.post(reverse("import_start", args=[run.pk]))

    execute(Outbox.objects.waiting().get().pk)

    run.refresh_from_db()
    assert (run.done_rows, run.total_rows, run.status) == (1, 2, ImportStatus.RUNNING)
    assert "1 of 2 rows" in manager.get(reverse("import", args=[run.pk])).content.decode()
    work()
    run.refresh_from_db()
    assert run.status == ImportStatus.DONE


def test_fragment_of_a_running_import_is_not_a_whole_page(manager: Client) -> None:
    run = checked_run(manager)

    response = manager.get(reverse("import", args=[run.pk]), headers={"HX-Request": "true"})

    assert b"<html" not in response.content
    assert response.content.strip().startswith(b'<div id="import"')


@pytest.mark.parametrize("role", [r for r in Role.values if r not in (Role.MANAGER, Role.ADMIN)])
def test_other_roles_are_refused_everywhere(client: Client, role: str) -> None:
    run = ImportRun.objects.create(
        file_name="a", file_size=1, file_hash="x", headers=["A"], headers_key="k"
    )
    client.force_login(factories.UserFactory(role=role))

    for name in ("import", "import_columns", "import_refused"):
        assert client.get(reverse(name, args=[run.pk])).status_code in (302, 403)
    for name in ("import_start", "import_revert", "import_columns"):
        assert client.post(reverse(name, args=[run.pk])).status_code in (302, 403)
    assert client.post(reverse("imports")).status_code in (302, 403)
    run.refresh_from_db()
    assert run.status == ImportStatus.UPLOADED


def test_reading_never_writes(manager: Client) -> None:
    run = checked_run(manager)

    assert manager.get(reverse("import_start", args=[run.pk])).status_code == 405
    assert manager.get(reverse("import_revert", args=[run.pk])).status_code == 405
