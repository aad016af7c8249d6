"""`Idempotency-Key`: one write, however often it is sent (property W1)."""

from typing import Any

import pytest
import requests
from django.db import connection, transaction

from crm.models import Customer, IdempotencyKey
from crm.rest import idempotency
from tests import factories
from tests.crm.api import client_of, problem_of, together, token_for

pytestmark = pytest.mark.django_db

URL = "/api/v1/customers/"
NEW = {"first_name": "Ann", "last_name": "Lee", "phone": "2055550142"}


def post(client: Any, body: dict[str, Any] = NEW, key: str = "k1", url: str = URL) -> Any:
    return client.post(url, body, headers={"Idempotency-Key": key})


def test_same_key_and_body_answers_the_same_and_writes_once() -> None:
    client = client_of()
    first, second = post(client), post(client)
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.content == second.content
    assert "Idempotent-Replayed" not in first
    assert second["Idempotent-Replayed"] == "true"
    for header in ("ETag", "Location", "Content-Type"):
        assert first[header] == second[header]
    assert Customer.objects.count() == 1


def test_other_body_under_the_key_is_refused() -> None:
    client = client_of()
    post(client)
    body = problem_of(post(client, NEW | {"phone": "2055550143"}), 422)
    assert body["code"] == "idempotency_key_reused"
    assert Customer.objects.count() == 1


def test_other_address_under_the_key_is_refused() -> None:
    client = client_of()
    customer = post(client).json()["id"]
    problem_of(post(client, NEW, url=f"{URL}{customer}/notes/"), 422)


def test_other_key_writes_anew() -> None:
    client = client_of()
    post(client)
    assert post(client, NEW | {"phone": "2055550143"}, key="k2").status_code == 201
    assert Customer.objects.count() == 2


def test_key_belongs_to_its_token() -> None:
    post(client_of())
    response = post(client_of(), NEW | {"phone": "2055550143"})
    assert response.status_code == 201
    assert "Idempotent-Replayed" not in response


def test_get_ignores_the_key() -> None:
    client = client_of()
    for _ in range(2):
        response = client.get(URL, headers={"Idempotency-Key": "k1"})
        assert "Idempotent-Replayed" not in response
    assert not IdempotencyKey.objects.exists()


@pytest.mark.parametrize("method", ["patch", "put", "delete"])
def test_other_writes_replay_too(method: str) -> None:
    customer = factories.CustomerFactory()
    client = client_of()
    send = getattr(client, method)
    body = None if method == "delete" else NEW
    answers = [
        send(f"{URL}{customer.pk}/", body, headers={"Idempotency-Key": "k1"}) for _ in range(2)
    ]
    assert answers[0].status_code == answers[1].status_code < 300
    assert answers[0].content == answers[1].content
    assert answers[1]["Idempotent-Replayed"] == "true"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"first_name": "Ann"}, 400),
        (NEW | {"phone": "12"}, 422),
        (NEW | {"phone": "2055550199"}, 409),
    ],
)
def test_refused_write_is_not_stored_and_may_be_repeated(body: dict[str, str], status: int) -> None:
    factories.CustomerFactory(phone="+12055550199")
    client = client_of()
    assert post(client, body).status_code == status
    assert not IdempotencyKey.objects.exists()
    assert post(client).status_code == 201


@pytest.mark.parametrize("key", ["x" * 256, "", "a\x7fb"])
def test_unusable_key_is_refused(key: str) -> None:
    problem_of(post(client_of(), key=key), 400)


def test_key_of_255_characters_works() -> None:
    assert post(client_of(), key="x" * 255).status_code == 201


@pytest.mark.django_db(transaction=True)
def test_running_key_answers_409_with_retry_after(monkeypatch: pytest.MonkeyPatch) -> None:
    client = client_of()
    other = connection.copy()
    owner = f"token:{client.user.api_tokens.get().pk}"  # type: ignore[attr-defined]
    try:
        monkeypatch.setattr(idempotency, "connection", other)
        other.set_autocommit(False)
        idempotency._claim(owner, "k1")
        monkeypatch.undo()
        response = post(client)
        assert problem_of(response, 409)["code"] == "still_running"
        assert response["Retry-After"] == "5"
    finally:
        other.rollback()
        other.close()
    assert post(client).status_code == 201


@pytest.mark.django_db(transaction=True)
def test_crash_after_the_write_leaves_neither_row_nor_key(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    client = client_of()

    def crash(*args: Any, **kwargs: Any) -> None:
        raise RuntimeError("the process ends here")

    with monkeypatch.context() as patch:
        patch.setattr(idempotency, "_store", crash)
        assert post(client).status_code == 500
    assert (Customer.objects.count(), IdempotencyKey.objects.count()) == (0, 0)
    assert post(client).status_code == 201


@pytest.mark.django_db(transaction=True)
def test_fifty_parallel_requests_with_one_key_make_one_row(live_server: Any) -> None:
    secret = token_for(factories.UserFactory(role="manager"))
    headers = {"Authorization": f"Bearer {secret}", "Idempotency-Key": "race"}

    def send(_: int) -> requests.Response:
        return requests.post(live_server.url + URL, json=NEW, headers=headers, timeout=30)

    answers = together(send, 50)
    statuses = {answer.status_code for answer in answers}
    assert statuses <= {201, 409}
    created = [answer for answer in answers if answer.status_code == 201]
    assert len({answer.json()["id"] for answer in created}) == 1
    assert sum("Idempotent-Replayed" not in answer.headers for answer in created) == 1
    assert all(a.headers["Retry-After"] == "5" for a in answers if a.status_code == 409)
    assert Customer.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_control_without_the_key_lock_two_requests_would_both_run() -> None:
    """The lock is what decides: two transactions that only look find nothing each."""
    found = []
    other = connection.copy()
    try:
        with transaction.atomic():
            found.append(IdempotencyKey.objects.filter(owner="o", key="k").exists())
            IdempotencyKey.objects.create(owner="o", key="k", request_hash="h", status=201)
            with other.cursor() as cursor:
                cursor.execute("SELECT count(*) FROM idempotency_keys WHERE key = 'k'")
                found.append(bool(cursor.fetchone()[0]))
    finally:
        other.close()
    assert found == [False, False]


def test_erasing_a_customer_forgets_stored_answers_but_its_own() -> None:
    client = client_of()
    created = post(client).json()["id"]
    for _ in range(2):
        answer = post(client, {"reason": "asked"}, key="k2", url=f"{URL}{created}/erase/")
        assert answer.status_code == 200
    assert answer["Idempotent-Replayed"] == "true"
    assert list(IdempotencyKey.objects.values_list("key", flat=True)) == ["k2"]
    assert "Ann" not in IdempotencyKey.objects.get().body
