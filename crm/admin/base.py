"""What all admin pages share: large tables, services behind the forms, streamed exports."""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any, ClassVar
from uuid import UUID

from django import forms
from django.contrib import messages
from django.contrib.admin import options
from django.core.paginator import Paginator
from django.db import transaction
from django.db.models import JSONField, Model, Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.dateparse import parse_datetime
from django.utils.text import capfirst, slugify
from unfold.admin import ModelAdmin
from unfold.decorators import action

from crm.exceptions import Refused
from crm.exports import Column, export_response
from crm.roles import can
from crm.search import search_customers

COUNT_CAP = 10_000
SEARCH_LIMIT = 100


class CappedPaginator(Paginator):
    """Counts no further than COUNT_CAP: a count of a million rows would cost more than the page.
    Who needs row 10,001 searches or filters."""

    @cached_property
    def count(self) -> int:
        rows: Any = self.object_list
        return rows.order_by()[:COUNT_CAP].count() if isinstance(rows, QuerySet) else len(rows)


class RecordAdmin(ModelAdmin):
    """A list that stays quick at any size."""

    show_full_result_count = False
    paginator = CappedPaginator
    list_per_page = 50
    list_max_show_all = 200
    show_facets = options.ShowFacets.NEVER
    list_filter_submit = True
    warn_unsaved_form = True
    # Where the names of customers are what people search for: path to their key.
    search_customer_path = ""

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Besides `search_fields` find what belongs to the customers that the term finds."""
        if not self.search_customer_path or len(search_term.strip()) < 3:
            return super().get_search_results(request, queryset, search_term)
        keys = customers_found(search_term)
        wanted = Q(**{f"{self.search_customer_path}__in": keys})
        for field in self.search_fields:
            wanted |= Q(**{field: search_term.strip().upper()})
        return queryset.filter(wanted), False


def customers_found(text: str) -> list[UUID]:
    """Keys of the best hits of the one search box."""
    return [hit.customer_id for hit in search_customers(text, SEARCH_LIMIT)]


class StreamedExport:
    """Two buttons above a list: the rows that it shows, as CSV or Excel, at any size.

    `export_columns` default to the columns of the list, which are chosen to show no secret.
    """

    export_name = ""
    export_columns: Sequence[Column] = ()
    actions_list: tuple[str, ...] = ("export_csv", "export_xlsx")

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> Any:
        """The buttons carry the filters of the list that they stand above."""
        response = super().changelist_view(request, extra_context)  # type: ignore[misc]
        for button in (getattr(response, "context_data", None) or {}).get("actions_list", []):
            if request.GET and "/export_" in button.get("path", ""):
                button["path"] += f"?{request.GET.urlencode()}"
        return response

    def has_export_rows_permission(self, request: HttpRequest) -> bool:
        admin: Any = self
        return can(request.user, "exports:read") and admin.has_view_permission(request)

    @action(description="Export CSV", permissions=["export_rows"], icon="download")
    def export_csv(self, request: HttpRequest) -> Any:
        return self._export(request, "csv")

    @action(description="Export Excel", permissions=["export_rows"], icon="download")
    def export_xlsx(self, request: HttpRequest) -> Any:
        return self._export(request, "xlsx")

    def _export(self, request: HttpRequest, kind: str) -> Any:
        admin: Any = self
        rows = admin.get_changelist_instance(request).get_queryset(request)
        return export_response(
            request,
            name=self.export_name or slugify(admin.opts.verbose_name_plural),
            columns=self.export_columns or columns_of(admin.model, admin.list_display),
            queryset=rows,
            kind=kind,
        )


def columns_of(model: type[Model], names: Iterable[Any]) -> list[Column]:
    """The stored ones among the columns `names` of a list; other records by name, else by key."""
    fields = {field.name: field for field in model._meta.concrete_fields}
    fields |= {field.attname: field for field in model._meta.concrete_fields}
    return [
        Column(
            capfirst(str(fields[name].verbose_name)),
            _readable(fields[name], name),
            _as_json if isinstance(fields[name], JSONField) else None,
        )
        for name in names
        if name in fields
    ]


def _as_json(value: Any) -> str:
    return "" if value is None else json.dumps(value, ensure_ascii=False)


def _readable(field: Any, path: str) -> str:
    """Path to what says most of the record that `field` refers to."""
    if not field.is_relation or path == field.attname:
        return path
    there = {other.name for other in field.related_model._meta.concrete_fields}
    names = ("name", "username", "vin", "code", "url")
    return next((f"{path}__{name}" for name in names if name in there), field.attname)


class ReadOnlyAdmin(StreamedExport, RecordAdmin):
    """Rows that something else writes. `capability` lets people see them."""

    capability: ClassVar[str] = ""
    actions: tuple[str, ...] = ()

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return can(request.user, self.capability)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return can(request.user, self.capability)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class ServiceForm(forms.ModelForm):
    """Takes values as people type them; the service behind it brings them into form and knows
    the rules. `version` tells when somebody else has saved since the page was opened."""

    version = forms.CharField(required=False, widget=forms.HiddenInput)
    refusal: ClassVar[Refused | None] = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        stored = not self.instance._state.adding and hasattr(self.instance, "updated_at")
        if stored and "version" in self.fields:
            self.initial["version"] = self.instance.updated_at.isoformat()

    def _get_validation_exclusions(self) -> set[str]:
        """All fields: the model's rules hold for the values as the service brings them in form.
        The form's own checks (required, length, choices) still count."""
        return {field.name for field in self.instance._meta.get_fields()}

    def validate_unique(self) -> None:
        """Left to the service, for the same reason."""

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if self.refusal is not None:
            field = self.refusal.field
            self.add_error(field if field in self.fields else None, str(self.refusal))
        return cleaned

    @property
    def expected_version(self) -> Any:
        return parse_datetime(self.cleaned_data.get("version") or "")


class ServiceAdmin(RecordAdmin):
    """A model whose forms are saved by services. What a service refuses is shown at the field.

    Subclasses give `create(data)`, `update(record, data, version)` and `remove(record)`.
    """

    form = ServiceForm

    def create(self, request: HttpRequest, data: Mapping[str, Any]) -> Model:
        raise NotImplementedError

    def update(self, record: Any, data: Mapping[str, Any], version: Any) -> Model:
        raise NotImplementedError

    def remove(self, record: Any) -> None:
        raise NotImplementedError

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Those of a new record without what nobody may write: it has nothing there yet."""
        sets = super().get_fieldsets(request, obj)
        if obj is not None:
            return sets
        hidden = set(self.get_readonly_fields(request))
        return [
            (title, {**section, "fields": fields})
            for title, section in sets
            if (fields := _without(section["fields"], hidden))
        ]

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        try:
            with transaction.atomic():
                return super().changeform_view(request, object_id, form_url, extra_context)
        except Refused as refused:
            # Nothing was written; the same form again, now with the refusal as its error.
            request.refusal = refused  # type: ignore[attr-defined]
            return super().changeform_view(request, object_id, form_url, extra_context)

    def get_form(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, **kwargs)
        return type(form.__name__, (form,), {"refusal": getattr(request, "refusal", None)})

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        names = {field.name for field in self.model._meta.fields}
        if change:
            data = {n: form.cleaned_data[n] for n in form.changed_data if n in names}
            stored = self.model._default_manager.get(pk=obj.pk)
            saved = self.update(stored, data, form.expected_version)
        else:
            data = {
                name: value
                for name, value in form.cleaned_data.items()
                if name in names and value not in (None, "")
            }
            saved = self.create(request, data)
        obj.__dict__.update(saved.__dict__)

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        self.remove(obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """Delete what may go, and say of the others why not."""
        for record in queryset:
            try:
                with transaction.atomic():
                    self.remove(record)
            except Refused as refused:
                messages.error(request, f"{record}: {refused}")

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        try:
            with transaction.atomic():
                return super().delete_view(request, object_id, extra_context)
        except Refused as refused:
            messages.error(request, str(refused))
            name = f"admin:{self.opts.app_label}_{self.opts.model_name}_change"
            return HttpResponseRedirect(reverse(name, args=[object_id]))


def _without(fields: Iterable[str | Sequence[str]], hidden: Collection[str]) -> list[list[str]]:
    """Rows of fields as a fieldset has them, less those that are `hidden`."""
    rows = [[row] if isinstance(row, str) else row for row in fields]
    kept = [[field for field in row if field not in hidden] for row in rows]
    return [row for row in kept if row]
