"""Who calls, who works here, who changed what, and the answer to wrong addresses."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import exceptions
from rest_framework.request import Request
from rest_framework.response import Response

from crm.enums import Role
from crm.filters import AuditFilter, UserFilter
from crm.models import ApiToken, AuditEntry, User
from crm.rest.permissions import SIGNED_IN, allows
from crm.rest.views import Endpoint, RowViewSet
from crm.roles import CAPABILITIES
from crm.serializers.access import AuditRows, Me, UserRows


@extend_schema(tags=["access"])
class MeView(Endpoint):
    """Who the caller is, and what role and token allow."""

    capability = {"GET": SIGNED_IN}
    rows = Me

    def get(self, request: Request) -> Response:
        user: Any = request.user
        token = request.auth if isinstance(request.auth, ApiToken) else None
        return Response(
            {
                "id": user.pk,
                "username": user.get_username(),
                "name": str(user),
                "role": user.role,
                "capabilities": [name for name in CAPABILITIES if allows(request, name)],
                "token": token.name if token else None,
                "token_expires_at": token.expires_at if token else None,
            }
        )


@extend_schema(tags=["access"])
class UserViewSet(RowViewSet):
    """People who work here, to choose an advisor from: names only."""

    queryset = User.objects.filter(is_active=True).exclude(role=Role.API)
    rows = UserRows
    filterset_class = UserFilter
    orderings = {"id": ("id",)}
    default_ordering = "id"
    capability = {"GET": "shop:read"}


@extend_schema(tags=["access"])
class AuditViewSet(RowViewSet):
    """Who changed what, newest first."""

    queryset = AuditEntry.objects.all()
    rows = AuditRows
    filterset_class = AuditFilter
    orderings = {"id": ("id",)}
    default_ordering = "-id"
    capability = {"GET": "audit:read"}


class NoSuchAddress(Endpoint):
    """Answers every address below /api/v1/ that nothing else answers."""

    authentication_classes = []
    permission_classes = []
    throttle_classes = []
    schema = None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        raise exceptions.NotFound("There is no such address. All of them end with a slash.")
