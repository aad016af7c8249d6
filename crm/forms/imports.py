from collections.abc import Iterator, Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from crm.forms.base import PageForm
from crm.importing.fields import FIELDS
from crm.models import ImportRun


class UploadForm(PageForm):
    file = forms.FileField(
        label=_("File"),
        help_text=_("CSV or Excel workbook (.xlsx) with one row of headers."),
        widget=forms.FileInput(attrs={"accept": ".csv,.tsv,.txt,.xlsx", "class": "form-control"}),
        error_messages={
            "required": _("Choose a file."),
            "empty": _("The file is empty. Choose a file with a header and rows."),
        },
    )


def _choices() -> list[tuple[Any, Any]]:
    groups: dict[str, list[tuple[str, str]]] = {"customer": [], "vehicle": []}
    for field in FIELDS:
        groups[field.record].append((field.name, field.label))
    return [
        ("", _("Ignore this column")),
        (_("Customer"), groups["customer"]),
        (_("Vehicle"), groups["vehicle"]),
    ]


class ColumnsForm(PageForm):
    """One choice for each column of the file, by its position."""

    move_vehicles = forms.BooleanField(
        label=_("Vehicles may change owners"),
        required=False,
        help_text=_(
            "Otherwise a row whose vehicle belongs to somebody else is refused, with the owner."
        ),
    )

    def __init__(self, *args: Any, run: ImportRun, **options: Any) -> None:
        super().__init__(*args, **options)
        self.run = run
        for number, header in enumerate(run.headers):
            self.fields[f"column-{number}"] = forms.ChoiceField(
                label=header,
                choices=_choices(),
                required=False,
                initial=run.mapping.get(header) or "",
                widget=forms.Select(attrs={"class": "form-select"}),
            )
        self.fields["move_vehicles"].initial = run.options.get("move_vehicles", False)

    def columns(self) -> Iterator[tuple[forms.BoundField, list[str]]]:
        """Each column's choice with up to three of its values."""
        for number in range(len(self.run.headers)):
            values = [row[number] for row in self.run.sample if row[number]]
            yield self[f"column-{number}"], values[:3]

    def mapping(self) -> Mapping[str, str | None]:
        return {
            header: self.cleaned_data[f"column-{number}"] or None
            for number, header in enumerate(self.run.headers)
        }
