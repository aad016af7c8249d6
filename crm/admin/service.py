from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from unfold.admin import TabularInline
from unfold.contrib.filters.admin import RangeDateFilter

from crm.admin.base import ReadOnlyAdmin
from crm.export_columns import DECLINED_WORK, SERVICE_HISTORY
from crm.models import ServiceLine, ServiceRecord


class LineInline(TabularInline):
    model = ServiceLine
    fk_name = "service_record"
    fields = ("op_code", "description", "pay_type", "hours", "price", "outcome", "reason")
    readonly_fields = fields
    extra = 0
    can_delete = False

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return True

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(ServiceRecord)
class ServiceRecordAdmin(ReadOnlyAdmin):
    """What was done stands: completing an appointment writes it, nobody rewrites it here."""

    capability = "service:read"
    list_display = (
        "ro_number", "service_date", "customer", "vehicle", "mileage", "total_cost", "technician",
    )  # fmt: skip
    list_filter = (("service_date", RangeDateFilter),)
    list_select_related = ("customer", "vehicle", "technician")
    search_fields = ("ro_number",)
    search_customer_path = "customer_id"
    search_help_text = "RO number, or the customer's name, phone, plate or VIN"
    inlines = (LineInline,)
    export_name = "service-history"
    export_columns = SERVICE_HISTORY


@admin.register(ServiceLine)
class ServiceLineAdmin(ReadOnlyAdmin):
    capability = "service:read"
    list_display = (
        "description", "vehicle", "op_code", "pay_type", "price", "outcome", "reason",
        "deferred_until", "created_at",
    )  # fmt: skip
    list_filter = ("outcome", "pay_type", ("deferred_until", RangeDateFilter))
    list_select_related = ("vehicle", "op_code")
    ordering = ("-created_at", "id")
    search_fields = ("op_code__code",)
    search_customer_path = "vehicle__customer_id"
    search_help_text = "Op code, or the customer's name, phone, plate or VIN"
    export_name = "service-lines"
    export_columns = DECLINED_WORK
