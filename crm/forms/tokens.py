"""The form of a new API token."""

from datetime import timedelta
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.enums import Role
from crm.forms.base import PageForm
from crm.models import User
from crm.roles import CAPABILITIES, can

LIVES = ((30, _("30 days")), (90, _("90 days")), (365, _("1 year")))


class TokenForm(PageForm):
    """Name, owner, scopes, expiry. Offers the maker's own capabilities as scopes; what the
    owner's role lacks, the service refuses."""

    name = forms.CharField(
        label=_("What is it for?"), max_length=100, widget=forms.TextInput({"autocomplete": "off"})
    )
    user = forms.ModelChoiceField(User.objects.none(), label=_("Acts as"), required=False)
    days = forms.TypedChoiceField(label=_("Ends after"), choices=LIVES, coerce=int, initial=90)
    scopes = forms.MultipleChoiceField(
        label=_("May"),
        widget=forms.CheckboxSelectMultiple({"class": "form-check-input"}),
        error_messages={"required": _("Choose at least one.")},
    )
    aliases = {"expires_at": "days"}

    def __init__(self, *args: Any, maker: User, **options: Any) -> None:
        super().__init__(*args, **options)
        self.maker = maker
        scopes: Any = self.fields["scopes"]
        scopes.choices = [(name, text) for name, text in CAPABILITIES.items() if can(maker, name)]
        if maker.can("tokens:write"):
            clients: Any = self.fields["user"]
            clients.queryset = User.objects.filter(is_active=True, role=Role.API)
            clients.empty_label = _("me (%(name)s)") % {"name": maker}
        else:
            del self.fields["user"]

    def order(self) -> dict[str, Any]:
        """Arguments of `create_token`."""
        cleaned = self.cleaned_data
        return {
            "user": cleaned.get("user") or self.maker,
            "name": cleaned["name"],
            "scopes": cleaned["scopes"],
            "expires_at": timezone.now() + timedelta(days=cleaned["days"]),
        }
