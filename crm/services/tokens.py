"""API tokens: made once, shown once, stored as a digest."""

import hashlib
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.utils import timezone

from crm.context import audited
from crm.exceptions import Invalid
from crm.models import ApiToken, User
from crm.roles import CAPABILITIES, can

PREFIX = "lw_"
SHOWN_CHARACTERS = 10
DEFAULT_LIFE = timedelta(days=365)
TOUCH_EVERY = timedelta(minutes=1)


def digest(secret: str) -> str:
    """What is stored; plain SHA-256 is enough for 256 random bits, which nobody can guess."""
    return hashlib.sha256(secret.encode()).hexdigest()


def create_token(
    *, user: User, name: str, scopes: Sequence[str], expires_at: datetime | None = None
) -> tuple[ApiToken, str]:
    """A new token of `user` and its secret, which is never shown again; a year by default.

    Raises Invalid for a name, scope or expiry that makes no sense: a token can never do more
    than its user's role.
    """
    expires_at = expires_at or timezone.now() + DEFAULT_LIFE
    if not name.strip():
        raise Invalid("A token needs a name.", field="name", remedy="Say what it is for.")
    if expires_at <= timezone.now():
        raise Invalid(
            "The expiry is in the past.", field="expires_at", remedy="Choose a later day."
        )
    _check_scopes(user, scopes)
    secret = PREFIX + secrets.token_urlsafe(32)
    with audited():
        token = ApiToken.objects.create(
            user=user,
            name=name.strip(),
            prefix=secret[:SHOWN_CHARACTERS],
            digest=digest(secret),
            scopes=sorted(set(scopes)),
            expires_at=expires_at,
        )
    return token, secret


def _check_scopes(user: User, scopes: Sequence[str]) -> None:
    if not scopes:
        raise Invalid("A token needs a scope.", field="scopes", remedy="Choose at least one.")
    unknown = sorted(set(scopes) - set(CAPABILITIES))
    if unknown:
        raise Invalid(
            f"Unknown scope: {', '.join(unknown)}.",
            field="scopes",
            remedy=f"Known are {', '.join(CAPABILITIES)}.",
        )
    beyond = sorted(scope for scope in set(scopes) if not can(user, scope))
    if beyond:
        raise Invalid(
            f"The role of {user} does not include {', '.join(beyond)}.",
            field="scopes",
            remedy="Leave these scopes out.",
        )


def revoke_token(*, token: ApiToken) -> None:
    """End a token now; a second time changes nothing."""
    with audited():
        ApiToken.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=timezone.now())


def find_token(secret: str) -> ApiToken | None:
    """The living token with this secret and its user, in one query; None for every other."""
    token = (
        ApiToken.objects.select_related("user").filter(digest=digest(secret)).first()
        if secret.startswith(PREFIX)
        else None
    )
    return token if token is not None and is_alive(token) else None


def is_alive(token: ApiToken) -> bool:
    """Whether `token` (with its user) opens the API now."""
    expired = token.expires_at is not None and token.expires_at <= timezone.now()
    return token.user.is_active and token.revoked_at is None and not expired


def touch_token(token: ApiToken) -> None:
    """Note that `token` was used, at most once a minute: each request would be a write."""
    now = timezone.now()
    if token.last_used_at is None or now - token.last_used_at > TOUCH_EVERY:
        ApiToken.objects.filter(pk=token.pk).update(last_used_at=now)
