"""What a caller may do: the role's capability, narrowed by the token's scopes."""

from typing import Any

from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from crm.models import ApiToken
from crm.roles import can

# Stands in a view's `capability` for "whoever is signed in".
SIGNED_IN = "signed-in"


class RoleAndScope(BasePermission):
    """Asks the view's `capability = {"GET": "customers:read", ...}`; what is not there is refused.

    A method that the view does not have passes, as 405 is the better answer.
    """

    message = "This is not allowed."
    code = "permission_denied"

    def has_permission(self, request: Request, view: Any) -> bool:
        if not request.user or not request.user.is_authenticated:
            return False
        method = "GET" if request.method == "HEAD" else str(request.method)
        capability = view.capability.get(method)
        if capability is None:
            return not hasattr(view, method.lower())
        return capability == SIGNED_IN or self._allows(request, capability)

    def _allows(self, request: Request, capability: str) -> bool:
        if allows(request, capability):
            return True
        if can(request.user, capability):
            self.code = "scope_missing"
            self.message = f"This needs the scope “{capability}”, which the token does not have."
        else:
            self.code = "role_forbidden"
            self.message = f"Your role does not include “{capability}”."
        return False


def allows(request: Request, capability: str) -> bool:
    """Whether the caller's role and, for a token, its scopes include `capability`."""
    narrowed = isinstance(request.auth, ApiToken) and capability not in request.auth.scopes
    return can(request.user, capability) and not narrowed


def sees_birth_dates(user: Any) -> bool:
    """Birth dates verify callers, so only those see them who keep customers' records."""
    return can(user, "customers:write")
