"""How allauth signs staff in: nobody signs up, API clients and demo users stay outside."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.auth_backends import AuthenticationBackend
from django.conf import settings
from django.http import HttpRequest

from crm.enums import Role
from crm.network import client_ip


class StaffAccountAdapter(DefaultAccountAdapter):
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Leave passwords to axes: allauth counts per name over all addresses, so that five wrong
        passwords from anywhere would lock a colleague out. The second factor keeps its limit."""

    def get_client_ip(self, request: HttpRequest) -> str:
        return client_ip(request)


class StaffBackend(AuthenticationBackend):
    """Signs in active people. Also ends a session as soon as its user may not sign in any more."""

    def user_can_authenticate(self, user: Any) -> bool:
        if user is None or user.role == Role.API:
            return False
        if settings.PRODUCTION and user.is_demo:
            return False
        return bool(super().user_can_authenticate(user))

    def _check_password(self, user: Any, password: str) -> Any:
        """As allauth's, but a right password of somebody who may not sign in gets the same answer
        as a wrong one, where allauth leads to a page of its own."""
        if user is None:
            return None
        self._did_check_password = True
        return user if user.check_password(password) and self.user_can_authenticate(user) else None
