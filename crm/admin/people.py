from collections.abc import Mapping
from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseRedirect
from django.urls import reverse
from unfold.admin import TabularInline
from unfold.contrib.filters.admin import RangeDateFilter
from unfold.decorators import action
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from crm.admin.base import RecordAdmin, ServiceAdmin, StreamedExport, customers_found
from crm.export_columns import CUSTOMERS
from crm.models import Customer, CustomerNote, User, Vehicle
from crm.roles import can
from crm.services.customers import add_note, create_customer, delete_customer, update_customer


class VehicleInline(TabularInline):
    model = Vehicle
    fields = ("vin", "year", "make", "model", "current_mileage", "status", "is_primary_vehicle")
    readonly_fields = fields
    extra = 0
    can_delete = False
    show_change_link = True
    per_page = 20

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Customer)
class CustomerAdmin(StreamedExport, ServiceAdmin):
    list_display = ("name", "phone", "email", "city", "state", "customer_type", "customer_since")
    list_filter = (
        "customer_type",
        "preferred_contact_method",
        "receive_reminders",
        ("customer_since", RangeDateFilter),
        ("anonymised_at", admin.EmptyFieldListFilter),
    )
    search_fields = ("phone",)
    search_help_text = "Name, phone, e-mail, plate, VIN or RO number"
    autocomplete_fields = ("preferred_service_advisor",)
    readonly_fields = ("anonymised_at", "batch", "created_at", "updated_at")
    inlines = (VehicleInline,)
    actions_list = ("export_csv", "export_xlsx", "import_file")
    export_name = "customers"
    export_columns = CUSTOMERS
    fieldsets = (
        (None, {"fields": ("version", ("first_name", "last_name"), "customer_type", "notes")}),
        (
            "Ways to reach",
            {"fields": (("phone", "phone_extension"), "email", "preferred_contact_method")},
        ),
        ("Address", {"fields": ("street_address", ("city", "state", "zip_code"))}),
        (
            "Preferences",
            {
                "fields": (
                    ("receive_reminders", "receive_promotions"),
                    ("preferred_service_advisor", "preferred_appointment_time"),
                )
            },
        ),
        (
            "History",
            {
                "fields": (
                    ("date_of_birth", "customer_since"),
                    "referral_source",
                    "last_contact_date",
                    ("batch", "anonymised_at"),
                    ("created_at", "updated_at"),
                )
            },
        ),
    )

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        if len(search_term.strip()) < 3:
            return super().get_search_results(request, queryset, search_term)
        return queryset.filter(pk__in=customers_found(search_term)), False

    def create(self, request: HttpRequest, data: Mapping[str, Any]) -> Customer:
        return create_customer(data=data)

    def update(self, record: Customer, data: Mapping[str, Any], version: Any) -> Customer:
        return update_customer(customer=record, data=data, expected_version=version)

    def remove(self, record: Customer) -> None:
        delete_customer(customer=record)

    def has_import_file_permission(self, request: HttpRequest) -> bool:
        return can(request.user, "imports:write")

    @action(description="Import a file", permissions=["import_file"], icon="upload_file")
    def import_file(self, request: HttpRequest) -> HttpResponseRedirect:
        return HttpResponseRedirect(reverse("imports"))


@admin.register(CustomerNote)
class CustomerNoteAdmin(ServiceAdmin):
    list_display = ("customer", "text", "author", "created_at")
    list_filter = (("created_at", RangeDateFilter),)
    list_select_related = ("customer", "author")
    search_fields = ("customer__phone",)
    search_customer_path = "customer_id"
    autocomplete_fields = ("customer",)
    fields = ("customer", "text", "author", "created_at")
    readonly_fields = ("author", "created_at")

    def create(self, request: HttpRequest, data: Mapping[str, Any]) -> CustomerNote:
        author = request.user if isinstance(request.user, User) else None
        return add_note(customer=data["customer"], author=author, text=data["text"])

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(User)
class UserAdmin(RecordAdmin, DjangoUserAdmin):  # type: ignore[misc]
    """People and API clients. They are never deleted, as the past names them: deactivate."""

    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm
    list_display = ("username", "get_full_name", "email", "role", "is_active", "last_login")
    list_filter = ("role", "is_active", "is_demo")
    search_fields = ("username", "first_name", "last_name", "email")
    ordering = ("username",)
    filter_horizontal = ()
    readonly_fields = ("last_login", "date_joined")
    fieldsets = (
        (None, {"fields": ("username", "password")}),
        ("Person", {"fields": (("first_name", "last_name"), "email", "phone")}),
        ("Access", {"fields": ("role", "is_active")}),
        ("Dates", {"fields": (("last_login", "date_joined"),)}),
    )
    add_fieldsets = (
        (
            None,
            {
                "classes": ("wide",),
                "fields": (
                    "username",
                    "password1",
                    "password2",
                    ("first_name", "last_name"),
                    "email",
                    "role",
                ),
            },
        ),
    )

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Managers may look people up (advisors, technicians' users), administrators all else."""
        return super().has_view_permission(request, obj) or can(request.user, "shop:write")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @admin.display(description="Name")
    def get_full_name(self, user: User) -> str:
        return user.get_full_name()
