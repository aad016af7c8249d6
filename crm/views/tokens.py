"""API tokens: one's own, and for managers those of API clients."""

from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from crm.enums import Role
from crm.exceptions import Refused
from crm.forms.tokens import TokenForm
from crm.models import ApiToken
from crm.services.tokens import create_token, revoke_token
from crm.views.common import go, posted


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def tokens(request: HttpRequest) -> HttpResponse:
    """The list and the form. A new token's secret is part of the answer to its form and stands
    nowhere else: no redirect, no session, no address."""
    form = TokenForm(posted(request), maker=_user(request))
    secret = ""
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                _token, secret = create_token(**form.order())
            except Refused as refused:
                form.refuse(refused)
            else:
                form, status = TokenForm(maker=_user(request)), 200
    context = {
        "form": form,
        "secret": secret,
        "tokens": _visible(request).select_related("user"),
        "now": timezone.now(),
    }
    return render(request, "crm/tokens.html", context, status=status)


@login_required
@require_POST
def token_revoke(request: HttpRequest, key: UUID) -> HttpResponse:
    """End a token of one's own, or a manager one of an API client."""
    token = get_object_or_404(_visible(request), pk=key)
    revoke_token(token=token)
    return go(request, reverse("tokens"), _("“%s” is revoked.") % token.name)


def _visible(request: HttpRequest) -> QuerySet[ApiToken]:
    user = _user(request)
    mine = Q(user=user)
    clients = Q(user__role=Role.API)
    return ApiToken.objects.filter(mine | clients if user.can("tokens:write") else mine)


def _user(request: HttpRequest) -> Any:
    return request.user
