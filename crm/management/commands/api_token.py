from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from crm.exceptions import Refused
from crm.models import ApiToken, User
from crm.roles import CAPABILITIES, can
from crm.services.tokens import create_token, is_alive, revoke_token


class Command(BaseCommand):
    help = "Create, list and revoke API tokens. A secret is printed once, alone on a line."

    def add_arguments(self, parser: ArgumentParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        create = actions.add_parser("create", help="print the secret of a new token")
        create.add_argument("username")
        create.add_argument("--name", default="command line")
        create.add_argument(
            "--scope",
            action="append",
            choices=list(CAPABILITIES),
            help="may be repeated; default: everything the user's role allows",
        )
        create.add_argument("--days", type=int, default=365, help="until it ends (365)")
        listing = actions.add_parser("list", help="show tokens")
        listing.add_argument("username", nargs="?")
        revoke = actions.add_parser("revoke", help="end a token")
        revoke.add_argument("token", help="its key, as `list` shows it")

    def handle(self, *args: Any, **options: Any) -> None:
        getattr(self, f"_{options['action']}")(**options)

    def _create(
        self, *, username: str, name: str, scope: list[str] | None, days: int, **options: Any
    ) -> None:
        user = self._user(username)
        scopes = scope or [known for known in CAPABILITIES if can(user, known)]
        try:
            expires_at = timezone.now() + timedelta(days=days)
            _, secret = create_token(user=user, name=name, scopes=scopes, expires_at=expires_at)
        except Refused as refused:
            raise CommandError(str(refused), returncode=2) from refused
        except OverflowError as error:
            raise CommandError("--days is too large.", returncode=2) from error
        self.stdout.write(secret)

    def _list(self, *, username: str | None, **options: Any) -> None:
        tokens = ApiToken.objects.select_related("user")
        if username:
            tokens = tokens.filter(user=self._user(username))
        for token in tokens:
            state = "alive" if is_alive(token) else "dead"
            last_used = f"{token.last_used_at:%Y-%m-%d}" if token.last_used_at else "never used"
            scopes = ",".join(token.scopes)
            fields = (token.pk, token.prefix, token.user.username, state, last_used, token.name)
            self.stdout.write("\t".join(map(str, (*fields, scopes))))

    def _revoke(self, *, token: str, **options: Any) -> None:
        try:
            revoke_token(token=ApiToken.objects.get(pk=token))
        except (ApiToken.DoesNotExist, ValidationError):
            raise CommandError(f"There is no token {token}.", returncode=2) from None
        self.stdout.write("revoked")

    def _user(self, username: str) -> User:
        user = User.objects.filter(username=username, is_active=True).first()
        if user is None:
            raise CommandError(f"There is no active user {username}.", returncode=2)
        return user
