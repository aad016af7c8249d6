from collections.abc import Mapping
from typing import Any

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest
from import_export.admin import ImportExportMixin
from import_export.resources import modelresource_factory
from unfold.contrib.import_export.forms import ExportForm, ImportForm

from crm.admin.base import ServiceAdmin
from crm.admin.formats import SafeCsv, SafeXlsx
from crm.models import OpCode, OpeningHours, ServiceBay, SpecialDay, Technician
from crm.roles import can
from crm.services.shop import WRITABLE, add_to_shop, remove_from_shop, update_in_shop


class ShopAdmin(ImportExportMixin, ServiceAdmin):
    """The workshop's own small tables, with import and export."""

    formats = [SafeCsv, SafeXlsx]
    import_form_class = ImportForm
    export_form_class = ExportForm

    def get_resource_classes(self, request: HttpRequest, *args: Any, **kwargs: Any) -> list[Any]:
        key = self.model._meta.pk.name
        fields = {*WRITABLE[self.model], key} - {"user"}
        meta = {"fields": sorted(fields), "import_id_fields": [key], "skip_unchanged": True}
        return [modelresource_factory(self.model, meta_options=meta)]

    def has_import_permission(self, request: HttpRequest) -> bool:
        return can(request.user, "imports:write") and can(request.user, "shop:write")

    def has_export_permission(self, request: HttpRequest) -> bool:
        return can(request.user, "exports:read")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """The key stays, as other tables carry it."""
        pk = self.model._meta.pk
        return (pk.name,) if obj and pk.editable else ()

    def create(self, request: HttpRequest, data: Mapping[str, Any]) -> Model:
        return add_to_shop(self.model, data=data)

    def update(self, record: Model, data: Mapping[str, Any], version: Any) -> Model:
        return update_in_shop(record=record, data=data)

    def remove(self, record: Model) -> None:
        remove_from_shop(record=record)


@admin.register(Technician)
class TechnicianAdmin(ShopAdmin):
    list_display = ("name", "user", "skills", "is_active")
    list_filter = ("is_active",)
    list_select_related = ("user",)
    search_fields = ("name",)
    autocomplete_fields = ("user",)
    fields = ("name", "user", "skills", "is_active")


@admin.register(ServiceBay)
class ServiceBayAdmin(ShopAdmin):
    list_display = ("code", "name", "categories", "is_active")
    list_filter = ("is_active",)
    search_fields = ("code", "name")
    fields = ("code", "name", "categories", "is_active")


@admin.register(OpeningHours)
class OpeningHoursAdmin(ShopAdmin):
    list_display = ("weekday", "opens", "closes")
    search_fields = ("weekday",)
    fields = ("weekday", "opens", "closes")


@admin.register(SpecialDay)
class SpecialDayAdmin(ShopAdmin):
    list_display = ("date", "opens", "closes", "reason")
    date_hierarchy = "date"
    search_fields = ("reason",)
    fields = ("date", "opens", "closes", "reason")


@admin.register(OpCode)
class OpCodeAdmin(ShopAdmin):
    list_display = ("code", "description", "category", "hours", "price", "is_active")
    list_filter = ("is_active", "category")
    search_fields = ("code", "description")
    fields = ("code", "description", "category", ("hours", "price"), "is_active")
