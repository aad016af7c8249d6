from collections.abc import Mapping
from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.db.models.functions import Right
from django.http import HttpRequest
from unfold.contrib.filters.admin import RangeNumericFilter

from crm import vin
from crm.admin.base import ServiceAdmin, StreamedExport, customers_found
from crm.export_columns import VEHICLES
from crm.models import Vehicle
from crm.services.vehicles import add_vehicle, delete_vehicle, update_vehicle


@admin.register(Vehicle)
class VehicleAdmin(StreamedExport, ServiceAdmin):
    list_display = (
        "vin", "year", "make", "model", "customer", "license_plate", "current_mileage", "status",
    )  # fmt: skip
    list_filter = (
        "status",
        "purchased_from_us",
        "is_primary_vehicle",
        ("year", RangeNumericFilter),
        ("vin_exception_reason", admin.EmptyFieldListFilter),
    )
    list_select_related = ("customer",)
    ordering = ("make", "model", "year", "id")
    search_fields = ("vin",)
    search_help_text = "VIN, its last 8, plate, or the owner's name or phone"
    autocomplete_fields = ("customer",)
    readonly_fields = ("batch", "created_at", "updated_at")
    export_name = "vehicles"
    export_columns = VEHICLES
    fieldsets = (
        (
            None,
            {
                "fields": (
                    "version",
                    ("vin", "vin_exception_reason"),
                    ("year", "make", "model"),
                    ("trim", "engine", "color"),
                    "license_plate",
                )
            },
        ),
        (
            "Owner",
            {
                "fields": (
                    "customer",
                    ("is_primary_vehicle", "status"),
                    ("purchase_date", "purchased_from_us"),
                )
            },
        ),
        (
            "Service",
            {
                "fields": (
                    ("current_mileage", "next_service_due_mileage"),
                    ("last_service_date", "last_service_mileage"),
                    "batch",
                    ("created_at", "updated_at"),
                )
            },
        ),
    )

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        text = vin.normalise(search_term)
        if not text:
            return queryset, False
        wanted = Q(vin=text) | Q(license_plate=search_term.strip().upper())
        if len(text) >= 3:
            wanted |= Q(customer_id__in=customers_found(search_term))
        if len(text) == 8:
            queryset, wanted = queryset.alias(last8=Right("vin", 8)), wanted | Q(last8=text)
        return queryset.filter(wanted), False

    def create(self, request: HttpRequest, data: Mapping[str, Any]) -> Vehicle:
        rest = {name: value for name, value in data.items() if name != "customer"}
        return add_vehicle(customer=data.get("customer"), data=rest)

    def update(self, record: Vehicle, data: Mapping[str, Any], version: Any) -> Vehicle:
        return update_vehicle(vehicle=record, data=data, expected_version=version)

    def remove(self, record: Vehicle) -> None:
        delete_vehicle(vehicle=record)
