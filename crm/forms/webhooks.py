"""The form of a webhook."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from crm import webhook_events
from crm.forms.base import PageForm
from crm.models import WebhookEndpoint


def event_choices() -> list[tuple[str, Any]]:
    return [
        (webhook_events.ALL, _("All events, also future ones")),
        *((kind.name, kind.label) for kind in webhook_events.kinds()),
    ]


class WebhookForm(PageForm):
    """Address and events; with an `endpoint` also whether it is on."""

    url = forms.CharField(
        label=_("Address"),
        max_length=500,
        help_text=_("Gets each event as a signed POST, for example https://example.com/lanewise."),
        widget=forms.TextInput({"inputmode": "url", "autocomplete": "off"}),
    )
    description = forms.CharField(label=_("What is it for?"), max_length=200, required=False)
    event_types = forms.MultipleChoiceField(
        label=_("Events"),
        choices=event_choices,
        widget=forms.CheckboxSelectMultiple({"class": "form-check-input"}),
        error_messages={"required": _("Choose at least one.")},
    )
    is_active = forms.BooleanField(label=_("On"), required=False)

    def __init__(self, *args: Any, endpoint: WebhookEndpoint | None = None, **options: Any) -> None:
        if endpoint is not None:
            options["initial"] = {name: getattr(endpoint, name) for name in self.base_fields}
        super().__init__(*args, **options)
        if endpoint is None:
            del self.fields["is_active"]
