"""What the forms of all pages share: groups, refusals at their field, stale edits."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils.dateparse import parse_datetime
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext_lazy as _

from crm.exceptions import Refused


class CleanedField(forms.CharField):
    """Text that `cleaner` brings to its stored form; its ValueError becomes the field's error."""

    def __init__(self, *, cleaner: Callable[[str], str | None], **options: Any) -> None:
        self.cleaner = cleaner
        super().__init__(**options)

    def to_python(self, value: Any) -> str:
        text = super().to_python(value) or ""
        try:
            return self.cleaner(text) or ""
        except ValueError as error:
            raise ValidationError(str(error)) from error


def date_field(label: Any, **options: Any) -> forms.DateField:
    """A date with the browser's own picker."""
    widget = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
    return forms.DateField(label=label, widget=widget, **options)


def number_field(label: Any, *, maximum: int = 2_000_000, **options: Any) -> forms.IntegerField:
    """A whole number from 0; typed with or without thousands separators."""
    return _GroupedInteger(
        label=label,
        min_value=0,
        max_value=maximum,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
        **options,
    )


class _GroupedInteger(forms.IntegerField):
    default_error_messages = {"invalid": _("Write a whole number, for example 41200.")}

    def to_python(self, value: Any) -> int | None:
        bare = value.replace(",", "").replace(" ", "") if isinstance(value, str) else value
        return super().to_python(bare)


class PageForm(forms.Form):
    """A form whose fields stand in groups and which shows a service's refusal at its field.

    `groups` lists (title, names of the fields); `aliases` maps a refusal's field to the form's.
    """

    groups: tuple[tuple[Any, tuple[str, ...]], ...] = ()
    aliases: Mapping[str, str] = {}
    use_required_attribute = False

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for field in self.fields.values():
            if field.error_messages["required"] == forms.Field.default_error_messages["required"]:
                field.error_messages["required"] = _("Fill this in.")

    def fieldsets(self) -> Iterator[tuple[Any, list[forms.BoundField]]]:
        for title, names in self.groups:
            yield title, [self[name] for name in names if name in self.fields]

    def offer(self, name: str, rows: QuerySet[Any]) -> None:
        """Let the choice `name` offer `rows`, which only this one form knows."""
        field: Any = self.fields[name]
        field.queryset = rows

    def refuse(self, refused: Refused) -> None:
        """Show `refused` at its field, or above the form when the field is not in it."""
        field = self.aliases.get(refused.field or "", refused.field)
        self.add_error(field if field in self.fields else None, str(refused))


class EditForm(PageForm):
    """A form that creates a record, or edits one without undoing what others do meanwhile.

    With a `record` each field carries the value that the page was opened with and the form the
    record's `version`. So only what this person changed is written, and a stale form can tell
    their changes from other people's.
    """

    version = forms.CharField(required=False, widget=forms.HiddenInput)

    # Set by `crm.views.editing.stale_form`: who saved meanwhile, as a row of the audit trail.
    is_stale = False
    changed_by: Mapping[str, Any] | None = None

    def __init__(self, *args: Any, record: Any = None, **options: Any) -> None:
        if record is not None:
            options["initial"] = self.values_of(record) | options.get("initial", {})
        super().__init__(*args, **options)
        self.record = record
        self.on_record: dict[str, str] = {}
        if record is None:
            del self.fields["version"]
        else:
            self.initial["version"] = record.updated_at.isoformat()
            for field in self._edited():
                self.fields[field].show_hidden_initial = True

    @classmethod
    def values_of(cls, record: Any) -> dict[str, Any]:
        """Present values of the record by field name."""
        names = [name for name in cls.base_fields if name != "version"]
        return {name: getattr(record, name, None) for name in names}

    def _edited(self) -> list[str]:
        return [name for name in self.fields if name != "version"]

    def originals(self) -> SafeString:
        """Hidden inputs with the values that this form was opened with."""
        hidden = (
            self[name].as_hidden(only_initial=True)
            for name in self._edited()
            if self.fields[name].show_hidden_initial
        )
        return mark_safe("".join(hidden))  # noqa: S308 (widgets escape their values)

    def expected_version(self) -> datetime | None:
        """The `updated_at` that the form was opened with; None when it is missing or forged."""
        try:
            return parse_datetime(self.cleaned_data.get("version") or "")
        except ValueError:
            return None

    def changes(self) -> dict[str, Any]:
        """Cleaned values of what this person changed; of all that is filled in for a new record."""
        cleaned = {name: self.cleaned_data.get(name) for name in self._edited()}
        if self.record is None:
            return {name: value for name, value in cleaned.items() if value not in ("", None)}
        return {name: value for name, value in cleaned.items() if name in self.changed_data}

    def merged_with(self, fresh: Any) -> "EditForm":
        """This form again on top of `fresh`, the record as somebody else saved it.

        What the person typed stays. Everything else takes the new values. `on_record` of the
        result holds, by field, the saved value where both of them changed it.
        """
        current = type(self)(record=fresh)
        data: dict[str, Any] = {"version": fresh.updated_at.isoformat()}
        both: dict[str, str] = {}
        for name in self._edited():
            saved = current[name].value()
            data[f"initial-{name}"] = saved
            data[name] = self[name].value() if name in self.changed_data else saved
            if name in self.changed_data and self.fields[name].has_changed(saved, data[name]):
                both[name] = current.shown(name)
        merged = type(self)(data, record=fresh)
        merged.on_record = both
        return merged

    def shown(self, name: str) -> str:
        """The value of field `name` as a person reads it."""
        value = self[name].value()
        if isinstance(self.fields[name], forms.BooleanField):
            return str(_("yes") if value else _("no"))
        choices = {str(key): label for key, label in getattr(self.fields[name], "choices", ())}
        return str(choices.get(str(value), value) or _("(empty)"))

    def both_values(self) -> list[tuple[str, str, str]]:
        """(label, what is on record now, what this person typed) of each contested field."""
        return [
            (str(self.fields[name].label), saved, self.shown(name))
            for name, saved in self.on_record.items()
        ]
