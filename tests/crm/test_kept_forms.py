"""What was typed before the session ended comes back to the person who typed it."""

from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import reverse

from crm import kept_forms
from crm.enums import Role
from tests.crm.pages import HTMX
from tests.factories import PASSWORD, CustomerFactory, UserFactory

pytestmark = pytest.mark.django_db
KEPT = "/account/kept"


@pytest.fixture
def user() -> Any:
    return UserFactory(role=Role.ADVISOR)


@pytest.fixture
def address() -> str:
    customer: Any = CustomerFactory()
    return reverse("customer_note", args=[customer.pk])


def sign_in(client: Client, user: Any, **more: str) -> Any:
    return client.post("/accounts/login/", {"login": user.username, "password": PASSWORD, **more})


def send_after_session_ended(user: Any, path: str, data: dict[str, Any]) -> tuple[Client, Any]:
    """A browser in which `user` typed, and the answer to what it sent without a session."""
    client = Client()
    sign_in(client, user)
    client.get("/customers/")
    Session.objects.all().delete()
    return client, client.post(path, data)


def test_form_comes_back_after_signing_in_and_is_sent_by_hand(user: Any, address: str) -> None:
    typed = {"text": "Prefers <b>mornings</b>", "tags": ["a", "b"]}
    client, answer = send_after_session_ended(user, address, typed)
    assert answer["Location"] == f"/accounts/login/?next={KEPT}".replace(
        "/account/", "%2Faccount%2F"
    )
    assert b"What you typed is kept" in client.get(answer["Location"]).content
    assert sign_in(client, user, next=KEPT)["Location"] == KEPT
    page = client.get(KEPT)
    assert b'value="Prefers &lt;b&gt;mornings&lt;/b&gt;"' in page.content
    kept = page.context["kept"]
    assert kept.path == address
    assert [tuple(field) for field in kept.fields] == [
        ("text", typed["text"]), ("tags", "a"), ("tags", "b")
    ]  # fmt: skip


def test_token_of_the_old_page_and_passwords_are_not_kept(user: Any, address: str) -> None:
    typed = {"text": "x", "csrfmiddlewaretoken": "t", "password": "p", "new_password1": "p"}
    client, _ = send_after_session_ended(user, address, typed)
    sign_in(client, user)
    assert [name for name, _value in client.get(KEPT).context["kept"].fields] == ["text"]


def test_somebody_else_never_sees_it(user: Any, address: str) -> None:
    client, _ = send_after_session_ended(user, address, {"text": "mine"})
    sign_in(client, UserFactory(role=Role.ADMIN))
    assert client.get(KEPT).context["kept"] is None
    assert kept_forms.SESSION_KEY not in client.session


def test_after_half_an_hour_it_is_gone(
    user: Any, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, _ = send_after_session_ended(user, address, {"text": "late"})
    sign_in(client, user)
    monkeypatch.setattr(kept_forms, "KEPT_SECONDS", -1)
    assert client.get(KEPT).context["kept"] is None


@pytest.mark.parametrize("cookie", ["", "1", "1:forged"])
def test_of_a_stranger_nothing_is_kept(address: str, cookie: str) -> None:
    client = Client()
    client.cookies[kept_forms.COOKIE] = cookie
    answer = client.post(address, {"text": "x" * 1000})
    assert KEPT not in answer["Location"]
    assert not Session.objects.exists()


def test_too_much_is_not_kept(user: Any, address: str) -> None:
    _client, answer = send_after_session_ended(user, address, {"text": "x" * 200_001})
    assert "kept" not in answer["Location"]


def test_htmx_keeps_its_page_and_so_what_was_typed(user: Any, address: str) -> None:
    client, _ = send_after_session_ended(user, address, {})
    assert client.post(address, {"text": "x"}, headers=HTMX).status_code == 401


def test_it_can_be_thrown_away(user: Any, address: str) -> None:
    client, _ = send_after_session_ended(user, address, {"text": "x"})
    sign_in(client, user)
    client.post(KEPT)
    assert client.get(KEPT).context["kept"] is None


def test_once_sent_it_is_forgotten(user: Any, address: str) -> None:
    client, _ = send_after_session_ended(user, address, {"text": "x"})
    sign_in(client, user)
    page = client.get(KEPT)
    client.post(address, {"text": "another form, typed meanwhile"})
    assert client.get(KEPT).context["kept"] is not None
    client.post(address, {"text": "x", page.context["mark"]: "1"})
    assert client.get(KEPT).context["kept"] is None


def test_sent_without_a_session_it_is_kept_again(user: Any, address: str) -> None:
    client, _ = send_after_session_ended(user, address, {"text": "x", kept_forms.MARK: "1"})
    sign_in(client, user)
    assert client.get(KEPT).context["kept"].fields == [["text", "x"]]
