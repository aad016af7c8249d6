"""How allauth signs staff in: nobody signs up, API clients and demo users stay outside."""

import base64
import hashlib
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.auth_backends import AuthenticationBackend
from allauth.mfa.adapter import DefaultMFAAdapter
from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings
from django.db.models import Q
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from crm.enums import Role
from crm.models import User
from crm.network import client_ip


class StaffAccountAdapter(DefaultAccountAdapter):
    error_messages = DefaultAccountAdapter.error_messages | {
        "enter_current_password": _("This is not your current password."),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Leave passwords to axes: allauth counts per name over all addresses, so that five wrong
        passwords from anywhere would lock a colleague out. The second factor keeps its limit."""

    def get_client_ip(self, request: HttpRequest) -> str:
        return client_ip(request)


class StaffMFAAdapter(DefaultMFAAdapter):
    """Second-factor secrets are encrypted at rest: a stolen backup must not sign anybody in.

    The key comes from SECRET_KEY. Whoever changes that keeps the old one in
    SECRET_KEY_FALLBACKS, else everybody has to set up the second factor again.
    """

    def encrypt(self, text: str) -> str:
        return _cipher().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        return _cipher().decrypt(encrypted_text.encode()).decode()


def _cipher() -> MultiFernet:
    return MultiFernet(
        [
            Fernet(
                base64.urlsafe_b64encode(hashlib.sha256(f"lanewise.mfa|{key}".encode()).digest())
            )
            for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
        ]
    )


class StaffBackend(AuthenticationBackend):
    """Signs in active people. Also ends a session as soon as its user may not sign in any more."""

    def authenticate(self, request: HttpRequest | None, **credentials: Any) -> User | None:
        """The user of this name or e-mail address and password, or None.

        Every answer costs one hash, and somebody who may not sign in gets the one of a wrong
        password: allauth hashes twice for a known address, and shows a disabled user a page.
        """
        typed = credentials.get("email") or credentials.get("username")
        password = credentials.get("password")
        if not typed or not password:
            return None
        user = _find(typed)
        if user is None:
            User().set_password(password)
            return None
        return user if user.check_password(password) and self.user_can_authenticate(user) else None

    def user_can_authenticate(self, user: Any) -> bool:
        if user is None or user.role == Role.API:
            return False
        if settings.PRODUCTION and user.is_demo:
            return False
        return bool(super().user_can_authenticate(user))


def _find(typed: str) -> User | None:
    """Whoever `typed` names: a user name before an e-mail address, right case before any case."""
    found = User.objects.filter(Q(username__iexact=typed) | Q(email__iexact=typed))[:10]
    return min(
        found,
        key=lambda user: (user.username != typed, user.username.casefold() != typed.casefold()),
        default=None,
    )
