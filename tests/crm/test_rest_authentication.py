"""Tokens: made once, shown once, by service, page and command."""

import io
import re
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from crm.enums import Role
from crm.exceptions import Invalid
from crm.models import ApiToken, IdempotencyKey, RateBucket
from crm.rest import housekeeping
from crm.services import tokens
from jobs.registry import get
from tests import factories
from tests.crm.api import ROOT, client_with, token_for

pytestmark = pytest.mark.django_db

PAGE = "/account/tokens/"
FORM = {"name": "Phone bot", "days": "30", "scopes": ["customers:read"]}


def browser_of(role: str) -> Client:
    client = Client()
    client.force_login(factories.UserFactory(role=role))
    return client


def secrets_in(response: Any) -> set[str]:
    return set(re.findall(r"lw_[A-Za-z0-9_-]{43}", response.content.decode()))


def test_only_a_digest_of_the_secret_is_stored() -> None:
    token, secret = tokens.create_token(
        user=factories.UserFactory(), name="x", scopes=["customers:read"]
    )
    assert re.fullmatch(r"lw_[A-Za-z0-9_-]{43}", secret)
    stored = str(ApiToken.objects.filter(pk=token.pk).values().get())
    assert secret not in stored
    assert token.prefix == secret[:10]
    assert timedelta(days=364) < token.expires_at - timezone.now() <= timedelta(days=365)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": "  "}, "name"),
        ({"scopes": []}, "scopes"),
        ({"scopes": ["customers:destroy"]}, "scopes"),
        ({"scopes": ["shop:write"]}, "scopes"),
        ({"expires_at": timezone.now() - timedelta(days=1)}, "expires_at"),
    ],
)
def test_token_that_makes_no_sense_is_refused_at_its_field(
    change: dict[str, Any], field: str
) -> None:
    order = {"name": "x", "scopes": ["customers:read"]} | change
    with pytest.raises(Invalid) as refused:
        tokens.create_token(user=factories.UserFactory(role=Role.ADVISOR), **order)
    assert refused.value.field == field


def test_demoted_user_takes_the_token_along() -> None:
    user = factories.UserFactory(role=Role.MANAGER)
    client = client_with(token_for(user))
    assert client.post(f"{ROOT}technicians/", {"name": "Kim"}).status_code == 201
    user.role = Role.SALES
    user.save()
    assert client.post(f"{ROOT}technicians/", {"name": "Lee"}).status_code == 403


def test_last_use_is_noted_once_a_minute() -> None:
    client = client_with(token_for(factories.UserFactory()))
    client.get(f"{ROOT}me/")
    first = ApiToken.objects.get().last_used_at
    client.get(f"{ROOT}me/")
    assert first is not None
    assert ApiToken.objects.get().last_used_at == first


def test_page_shows_a_new_secret_once() -> None:
    browser = browser_of(Role.ADVISOR)
    created = browser.post(PAGE, FORM)
    assert created.status_code == 200
    (secret,) = secrets_in(created)
    assert client_with(secret).get(f"{ROOT}customers/").status_code == 200
    assert secrets_in(browser.get(PAGE)) == set()


def test_page_refuses_scopes_beyond_the_role() -> None:
    answer = browser_of(Role.TECHNICIAN).post(PAGE, FORM | {"scopes": ["customers:write"]})
    assert answer.status_code == 422
    assert not ApiToken.objects.exists()


def test_manager_makes_and_revokes_tokens_of_api_clients() -> None:
    client_user = factories.UserFactory(role=Role.API)
    browser = browser_of(Role.MANAGER)
    browser.post(PAGE, FORM | {"user": str(client_user.pk)})
    token = ApiToken.objects.get()
    assert token.user == client_user
    assert browser.post(f"{PAGE}{token.pk}/revoke").status_code == 302
    token.refresh_from_db()
    assert token.revoked_at is not None


def test_manager_makes_no_tokens_of_other_people() -> None:
    colleague = factories.UserFactory(role=Role.ADMIN)
    answer = browser_of(Role.MANAGER).post(PAGE, FORM | {"user": str(colleague.pk)})
    assert answer.status_code == 422
    assert not ApiToken.objects.exists()


@pytest.mark.parametrize("role", [Role.ADVISOR, Role.MANAGER])
def test_token_of_a_colleague_is_out_of_reach(role: str) -> None:
    token_for(factories.UserFactory(role=Role.ADVISOR))
    token = ApiToken.objects.get()
    browser = browser_of(role)
    assert browser.post(f"{PAGE}{token.pk}/revoke").status_code == 404
    assert token.prefix not in browser.get(PAGE).content.decode()


def test_stranger_is_sent_to_sign_in() -> None:
    answer = Client().get(PAGE)
    assert answer.status_code == 302
    assert "/accounts/login/" in answer["Location"]


def test_get_never_revokes() -> None:
    token_for(factories.UserFactory())
    url = f"{PAGE}{ApiToken.objects.get().pk}/revoke"
    assert browser_of(Role.ADMIN).get(url).status_code == 405


def run(*args: str) -> str:
    out = io.StringIO()
    call_command("api_token", *args, stdout=out)
    return out.getvalue()


def test_command_creates_lists_and_revokes() -> None:
    user = factories.UserFactory(role=Role.API)
    secret = run("create", user.username, "--scope", "customers:read", "--days", "7").strip()
    assert client_with(secret).get(f"{ROOT}customers/").status_code == 200
    key = str(ApiToken.objects.get().pk)
    assert key in run("list", user.username)
    assert secret not in run("list")
    run("revoke", key)
    assert client_with(secret).get(f"{ROOT}customers/").status_code == 401


@pytest.mark.parametrize(
    "args",
    [("create", "nobody"), ("revoke", "nothing"), ("create", "someone", "--days", "0")],
)
def test_command_with_a_wrong_name_ends_with_exit_code_2(args: tuple[str, ...]) -> None:
    factories.UserFactory(username="someone")
    with pytest.raises(CommandError) as error:
        run(*args)
    assert error.value.returncode == 2


def test_housekeeping_removes_what_is_over_and_nothing_else() -> None:
    now = timezone.now()
    for name, age in (("old", timedelta(hours=25)), ("new", timedelta(hours=23))):
        key = IdempotencyKey.objects.create(owner="o", key=name, request_hash="h")
        IdempotencyKey.objects.filter(pk=key.pk).update(created_at=now - age)
        started = now - (timedelta(minutes=2) if name == "old" else timedelta())
        RateBucket.objects.create(owner=name, window_start=started, count=1)
    assert housekeeping.prune() == 2
    assert list(RateBucket.objects.values_list("owner", flat=True)) == ["new"]
    assert list(IdempotencyKey.objects.values_list("key", flat=True)) == ["new"]
    assert get("crm.prune_api").local_hour == 3
