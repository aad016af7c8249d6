from typing import Any

import pytest
from django.db import OperationalError, connection
from django.test import Client, override_settings

from config import health
from jobs import health as jobs_health


@pytest.fixture
def database_down(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every attempt to reach the database fails as it does when the server is gone."""

    def refuse(*args: Any, **kwargs: Any) -> None:
        raise OperationalError("connection refused")

    connection.close()
    monkeypatch.setattr(connection, "connect", refuse)


def test_healthz_without_database_or_known_host_answers(
    client: Client, database_down: None
) -> None:
    response = client.get("/healthz", headers={"host": "10.0.0.7"})
    assert response.json() == {"status": "ok"}
    assert "no-store" in response["Cache-Control"]


@pytest.mark.django_db
def test_readyz_everything_up_says_ok(client: Client) -> None:
    jobs_health.beat("tick")
    response = client.get("/readyz")
    assert response.json() == {
        "status": "ok",
        "checks": {
            "database": True,
            "migrations": True,
            "broker": True,
            "scheduler": True,
            "outbox": True,
        },
    }


@pytest.mark.django_db
@override_settings(REDIS_URL="redis://127.0.0.1:1/0")
def test_readyz_broker_down_is_degraded_but_stays_in_service(client: Client) -> None:
    response = client.get("/readyz")
    assert response.status_code == 200
    assert response.json()["status"] == "degraded"
    assert response.json()["checks"]["broker"] is False


@pytest.mark.django_db
def test_readyz_migrations_missing_is_unavailable(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        health.MigrationExecutor, "migration_plan", lambda self, targets: [("crm", "0099")]
    )
    assert client.get("/readyz").status_code == 503


@pytest.mark.django_db(transaction=True)
class TestDatabaseDown:
    def test_readyz_is_503(self, client: Client, database_down: None) -> None:
        response = client.get("/readyz")
        assert response.status_code == 503
        assert response.json()["checks"]["database"] is False
        assert response["Retry-After"] == "5"

    @pytest.mark.parametrize("session", [False, True])
    def test_page_is_503_with_words_and_no_traceback(
        self, client: Client, database_down: None, session: bool
    ) -> None:
        client.raise_request_exception = False
        if session:
            client.cookies["sessionid"] = "x" * 32
            response = client.get("/")
        else:
            response = client.post("/accounts/login/", {"login": "a", "password": "b"})
        assert response.status_code == 503
        assert response["Retry-After"] == "5"
        assert b"not reachable for a moment" in response.content
        assert b"Traceback" not in response.content
        assert "script-src 'self'" in response["Content-Security-Policy"]

    def test_api_is_503_as_problem_details(self, client: Client, database_down: None) -> None:
        client.raise_request_exception = False
        client.cookies["sessionid"] = "x" * 32
        response = client.get("/api/v1/customers/")
        assert response.status_code == 503
        assert response["Content-Type"] == "application/problem+json"
        assert response.json()["code"] == "unavailable"
        assert response.json()["request_id"] == response["X-Request-ID"]
