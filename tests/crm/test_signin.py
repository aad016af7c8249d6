"""Signing in: who may, who waits, and that nobody is locked out by somebody else."""

import re
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from allauth.account.views import LoginView
from axes.models import AccessAttempt
from django.contrib.auth.hashers import MD5PasswordHasher
from django.core.cache import cache
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from crm.enums import Role
from crm.models import User
from crm.sign_in import NAME_CAP, SignInView
from tests.factories import PASSWORD, UserFactory

SIGN_IN = "/accounts/login/"


def sign_in(name: str, password: str = PASSWORD, ip: str = "203.0.113.7") -> HttpResponse:
    """A try by somebody with a fresh browser at address `ip`."""
    return Client(REMOTE_ADDR=ip).post(SIGN_IN, {"login": name, "password": password})


def is_signed_in(response: HttpResponse) -> bool:
    return response.status_code == 302


@pytest.mark.django_db
class TestWhoMaySignIn:
    def test_staff_by_username_or_email_signs_in(self) -> None:
        user = UserFactory()
        assert is_signed_in(sign_in(user.username))
        assert is_signed_in(sign_in(user.email.upper()))

    @pytest.mark.parametrize("changes", [{"role": Role.API}, {"is_active": False}])
    def test_api_client_or_disabled_user_gets_answer_of_wrong_password(
        self, changes: dict[str, Any]
    ) -> None:
        outsider = UserFactory(**changes)
        refused, wrong = sign_in(outsider.username), sign_in("nobody-of-this-name")
        assert refused.status_code == wrong.status_code == 200
        assert visible_errors(refused) == visible_errors(wrong)

    def test_demo_user_in_production_is_refused(self, settings: Any) -> None:
        demo = UserFactory(is_demo=True)
        assert is_signed_in(sign_in(demo.username))
        settings.PRODUCTION = True
        assert not is_signed_in(sign_in(demo.username))

    def test_unknown_user_gets_same_words_as_wrong_password(self) -> None:
        user = UserFactory()
        wrong, unknown = sign_in(user.username, "wrong"), sign_in("no-such-user", "wrong")
        assert visible_errors(wrong) == visible_errors(unknown) != []

    def test_sign_up_is_closed(self, client: Client) -> None:
        response = client.post(
            "/accounts/signup/",
            {"username": "new", "email": "new@dealer.example", "password1": PASSWORD},
        )
        assert b"Accounts are made by your manager" in response.content
        assert not User.objects.filter(username="new").exists()

    def test_next_address_elsewhere_is_ignored(self) -> None:
        user = UserFactory()
        response = Client().post(
            SIGN_IN, {"login": user.username, "password": PASSWORD, "next": "https://evil.example/"}
        )
        assert response["Location"] == "/"

    def test_admin_login_leads_to_sign_in(self, client: Client) -> None:
        response = client.get("/admin/", follow=True)
        assert response.redirect_chain[-1][0].startswith(SIGN_IN)

    def test_sign_out_needs_post(self, client: Client) -> None:
        client.force_login(UserFactory(), backend="crm.adapters.StaffBackend")
        client.get("/accounts/logout/")
        assert "_auth_user_id" in client.session
        client.post("/accounts/logout/")
        assert "_auth_user_id" not in client.session


def visible_errors(response: HttpResponse) -> list[str]:
    text = response.content.decode()
    return re.findall(r'role="alert">.*?<div>(.*?)</div></div>', re.sub(r"\s*\n\s*", "", text))


@pytest.mark.django_db
class TestGuessing:
    def test_five_wrong_passwords_lock_this_name_at_this_address_only(self) -> None:
        user, colleague = UserFactory(), UserFactory()
        answers = [sign_in(user.username, "wrong").status_code for _ in range(5)]
        assert answers == [200, 200, 200, 200, 429]
        assert sign_in(user.username).status_code == 429
        assert is_signed_in(sign_in(colleague.username))
        assert is_signed_in(sign_in(user.username, ip="198.51.100.9"))

    def test_locked_page_says_when_to_try_again(self) -> None:
        user = UserFactory()
        for _ in range(5):
            response = sign_in(user.username, "wrong")
        assert b"Too many wrong passwords" in response.content
        assert b"Try again in 15 minutes." in response.content
        assert 890 <= int(response["Retry-After"]) <= 900

    def test_lock_ends_after_cool_off_although_somebody_keeps_trying(self) -> None:
        user = UserFactory()
        for _ in range(9):
            sign_in(user.username, "wrong")
        AccessAttempt.objects.update(attempt_time=timezone.now() - timedelta(minutes=16))
        assert is_signed_in(sign_in(user.username))

    def test_name_and_email_of_one_user_share_their_tries(self) -> None:
        user = UserFactory()
        for spelling in (user.username, user.email, user.username.upper(), user.email, "x"):
            sign_in(spelling, "wrong")
        assert sign_in(user.email, "wrong").status_code == 429

    def test_unknown_name_locks_like_a_known_one(self) -> None:
        answers = [sign_in("no-such-user", "wrong").status_code for _ in range(5)]
        assert answers == [200, 200, 200, 200, 429]

    def test_many_addresses_close_the_name_to_strangers_but_not_at_its_usual_place(self) -> None:
        user = UserFactory()
        assert is_signed_in(sign_in(user.username, ip="203.0.113.7"))
        for number in range(NAME_CAP // 5):
            for _ in range(7):
                sign_in(user.username, "wrong", ip=f"198.51.100.{number}")
        assert sign_in(user.username, ip="192.0.2.200").status_code == 429
        assert is_signed_in(sign_in(user.username, ip="203.0.113.7"))

    def test_address_that_is_locked_adds_nothing_to_the_cap(self) -> None:
        user = UserFactory()
        for _ in range(NAME_CAP + 5):
            sign_in(user.username, "wrong")
        assert is_signed_in(sign_in(user.username, ip="192.0.2.200"))

    def test_addresses_of_one_ipv6_network_count_together(self) -> None:
        user = UserFactory()
        for number in range(5):
            sign_in(user.username, "wrong", ip=f"2001:db8::{number + 1}")
        assert sign_in(user.username, ip="2001:db8::ffff").status_code == 429

    def test_typed_text_is_not_kept(self) -> None:
        sign_in("my-secret-password", "another-secret")
        attempt = AccessAttempt.objects.get()
        assert "secret" not in f"{attempt.get_data} {attempt.post_data}"


@pytest.mark.django_db(transaction=True)
class TestParallelGuessing:
    """24 wrong passwords for one name from one address at the same time."""

    @pytest.fixture
    def checked(self, monkeypatch: pytest.MonkeyPatch) -> list[str]:
        """Names whose password has been compared, in order. Comparing takes a while."""
        names: list[str] = []
        check = User.check_password

        def counting(user: User, password: str) -> bool:
            names.append(user.username)
            time.sleep(0.02)
            return check(user, password)

        monkeypatch.setattr(User, "check_password", counting)
        return names

    @staticmethod
    def guess(name: str) -> list[int]:
        def attempt(_: int) -> int:
            try:
                return sign_in(name, "wrong").status_code
            finally:
                connection.close()

        with ThreadPoolExecutor(24) as pool:
            return list(pool.map(attempt, range(24)))

    def test_five_are_checked_and_colleague_at_same_address_gets_in(
        self, checked: list[str]
    ) -> None:
        user, colleague = UserFactory(), UserFactory()
        answers = self.guess(user.username)
        assert checked == [user.username] * 5
        assert answers.count(429) == 20
        assert is_signed_in(sign_in(colleague.username))

    def test_control_without_lock_checks_more_than_five(
        self, checked: list[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(SignInView, "post", LoginView.post)
        self.guess(UserFactory().username)
        assert len(checked) > 5


@pytest.mark.django_db
def test_unknown_user_costs_as_many_hashes_as_wrong_password(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Hashing is the time that a stranger could measure; a count does not depend on the machine."""
    hashed: list[str] = []
    encode = MD5PasswordHasher.encode

    def counting(self: MD5PasswordHasher, password: str, salt: str) -> str:
        hashed.append(password)
        return encode(self, password, salt)

    user, disabled = UserFactory(), UserFactory(is_active=False)
    monkeypatch.setattr(MD5PasswordHasher, "encode", counting)
    counts = []
    for name in (user.username, user.email, "nobody", "nobody@dealer.example", disabled.username):
        hashed.clear()
        sign_in(name, "wrong")
        counts.append(len(hashed))
    assert counts == [1, 1, 1, 1, 1]


@pytest.mark.django_db
class TestSessions:
    def test_session_id_changes_at_sign_in_and_old_one_is_dead(self) -> None:
        user, client = UserFactory(), Client()
        client.get(SIGN_IN)
        session = client.session
        session["planted"] = True
        session.save()
        before = session.session_key
        client.cookies["sessionid"] = before
        client.post(SIGN_IN, {"login": user.username, "password": PASSWORD})
        assert client.session.session_key != before
        stale = Client()
        stale.cookies["sessionid"] = before
        assert stale.get("/").status_code == 302

    def test_disabled_user_is_out_at_next_request(self, client: Client) -> None:
        user = UserFactory()
        client.force_login(user, backend="crm.adapters.StaffBackend")
        assert client.get("/accounts/2fa/").status_code == 200
        User.objects.filter(pk=user.pk).update(is_active=False)
        assert client.get("/accounts/2fa/").status_code == 302

    def test_idle_session_ends(self, client: Client, settings: Any) -> None:
        settings.SESSION_IDLE_SECONDS = 1800
        client.force_login(UserFactory(), backend="crm.adapters.StaffBackend")
        self._age(client, seen_at=1700)
        assert client.get("/accounts/2fa/").status_code == 200
        self._age(client, seen_at=1900)
        assert client.get("/accounts/2fa/").status_code == 302

    def test_session_older_than_a_working_day_ends_although_used(self, client: Client) -> None:
        client.force_login(UserFactory(), backend="crm.adapters.StaffBackend")
        self._age(client, signed_in_at=13 * 3600)
        assert client.get("/accounts/2fa/").status_code == 302

    def test_fragment_after_sign_out_is_401_instead_of_a_sign_in_form(self, client: Client) -> None:
        response = client.get("/accounts/2fa/", headers={"HX-Request": "true"})
        assert response.status_code == 401

    @staticmethod
    def _age(client: Client, **seconds: int) -> None:
        session = client.session
        for name, value in seconds.items():
            session[name] = int(time.time()) - value
        session.save()


@pytest.mark.django_db
class TestSecondFactor:
    @pytest.fixture
    def member(self) -> User:
        from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
        from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret

        user = UserFactory()
        TOTP.activate(user, generate_totp_secret())
        RecoveryCodes.activate(user)
        cache.clear()
        return user

    def test_password_alone_opens_nothing(self, member: User) -> None:
        client = Client()
        response = client.post(SIGN_IN, {"login": member.username, "password": PASSWORD})
        assert response["Location"] == "/accounts/2fa/authenticate/"
        assert client.get("/").status_code == 302

    def test_secrets_are_encrypted_at_rest_and_survive_a_new_key(
        self, member: User, settings: Any
    ) -> None:
        from allauth.mfa.models import Authenticator

        row = Authenticator.objects.get(user=member, type=Authenticator.Type.RECOVERY_CODES)
        codes = row.wrap().get_unused_codes()
        stored = str(list(Authenticator.objects.values_list("data", flat=True)))
        assert not any(code in stored for code in codes)
        settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
        settings.SECRET_KEY = "another-key-of-some-length"
        assert row.wrap().get_unused_codes() == codes

    def test_recovery_code_signs_in_once(self, member: User) -> None:
        from allauth.mfa.models import Authenticator

        row = Authenticator.objects.get(user=member, type=Authenticator.Type.RECOVERY_CODES)
        code = row.wrap().get_unused_codes()[0]
        for expected in (302, 200):
            client = Client()
            client.post(SIGN_IN, {"login": member.username, "password": PASSWORD})
            response = client.post("/accounts/2fa/authenticate/", {"code": code})
            assert response.status_code == expected

    def test_five_wrong_codes_stop_the_sixth_even_if_right(self, member: User) -> None:
        from allauth.mfa.models import Authenticator

        row = Authenticator.objects.get(user=member, type=Authenticator.Type.RECOVERY_CODES)
        client = Client()
        client.post(SIGN_IN, {"login": member.username, "password": PASSWORD})
        for _ in range(5):
            client.post("/accounts/2fa/authenticate/", {"code": "000000"})
        right = row.wrap().get_unused_codes()[0]
        assert client.post("/accounts/2fa/authenticate/", {"code": right}).status_code == 200
        assert client.get("/").status_code == 302
