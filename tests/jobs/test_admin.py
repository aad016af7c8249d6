import pytest
from django.test import Client
from django.utils import timezone

from crm.enums import Role
from jobs.models import JobRun, Outbox
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin() -> Client:
    client = Client()
    client.force_login(UserFactory(role=Role.ADMIN, is_staff=True))
    return client


@pytest.fixture
def rows() -> dict[str, int]:
    run = JobRun.objects.create(job="a", local_date="2026-11-21")
    run.chunks.create(number=0)
    return {"jobrun": run.pk, "outbox": Outbox.objects.create(task="b", args={"key": 1}).pk}


@pytest.mark.parametrize("model", ["jobrun", "outbox"])
def test_admin_shows_rows_and_changes_none(admin, rows, model):
    base = f"/admin/jobs/{model}/"
    assert admin.get(base, {"q": "a"}).status_code == 200
    assert admin.get(f"{base}{rows[model]}/change/").status_code == 200
    assert admin.post(f"{base}{rows[model]}/change/", {"job": "x"}).status_code == 403
    assert admin.get(f"{base}add/").status_code == 403
    assert admin.post(f"{base}{rows[model]}/delete/", {"post": "yes"}).status_code == 403


@pytest.mark.parametrize(
    ("values", "state"),
    [
        ({}, "waiting"),
        ({"sent_at": timezone.now()}, "sent"),
        ({"failed_at": timezone.now(), "sent_at": timezone.now()}, "failed"),
        ({"done_at": timezone.now(), "sent_at": timezone.now()}, "done"),
    ],
)
def test_outbox_state_in_one_word(values, state):
    assert Outbox(task="a", **values).state == state
