"""A forgotten and a changed password: pages and mails lead on, and say no more than they should."""

import re

import pytest
from django.core import mail
from django.test import Client

from tests.factories import PASSWORD, UserFactory

pytestmark = pytest.mark.django_db
ASK = "/accounts/password/reset/"
NEW = "Better-than-before-7"


def test_link_in_the_mail_leads_to_a_new_password(client: Client) -> None:
    user = UserFactory()
    asked = client.post(ASK, {"email": user.email}, follow=True)
    assert b'href="/accounts/login/"' in asked.content
    (sent,) = mail.outbox
    assert sent.subject == "Lanewise: choose a new password"
    found = re.search(r"http://testserver(\S+)", sent.body)
    assert found is not None
    form = client.get(found[1], follow=True).redirect_chain[-1][0]
    done = client.post(form, {"password1": NEW, "password2": NEW}, follow=True)
    assert b'href="/accounts/login/"' in done.content
    user.refresh_from_db()
    assert user.check_password(NEW)


def test_unknown_address_gets_the_same_page_and_a_mail_without_an_invitation(
    client: Client,
) -> None:
    known = client.post(ASK, {"email": UserFactory().email})
    unknown = client.post(ASK, {"email": "stranger@dealer.example"})
    assert (unknown.status_code, unknown["Location"]) == (known.status_code, known["Location"])
    assert "signup" not in mail.outbox[-1].body
    assert mail.outbox[-1].to == ["stranger@dealer.example"]


def test_used_link_offers_a_new_one(client: Client) -> None:
    page = client.get("/accounts/password/reset/key/1-abc-def/").content
    assert b"This link has expired" in page
    assert b'href="/accounts/password/reset/"' in page


def test_wrong_current_password_is_named(client: Client) -> None:
    client.force_login(UserFactory(), backend="crm.adapters.StaffBackend")
    fields = {"oldpassword": f"not-{PASSWORD}", "password1": NEW, "password2": NEW}
    response = client.post("/accounts/password/change/", fields)
    assert b"This is not your current password." in response.content
