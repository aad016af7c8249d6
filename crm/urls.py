"""Pages of the dealership."""

from django.urls import path

from crm.views import (
    appointments,
    book,
    booking,
    customer_card,
    customer_forms,
    customers,
    exports,
    home,
    imports,
    search,
    tokens,
    vehicles,
    work,
    workshop,
)

urlpatterns = [
    path("", home.home, name="home"),
    path("search", search.search, name="search"),
    path("customers/", customers.customers, name="customers"),
    path("customers/new", customer_forms.customer_new, name="customer_new"),
    path("customers/<uuid:key>/", customer_card.customer, name="customer"),
    path(
        "customers/<uuid:key>/timeline", customer_card.customer_timeline, name="customer_timeline"
    ),
    path("customers/<uuid:key>/notes", customer_card.customer_note, name="customer_note"),
    path("customers/<uuid:key>/edit", customer_forms.customer_edit, name="customer_edit"),
    path("customers/<uuid:key>/anonymise", customer_forms.customer_erase, name="customer_erase"),
    path("customers/<uuid:key>/vehicles/new", vehicles.vehicle_new, name="vehicle_new"),
    path("vehicles/decode", vehicles.vin_decode, name="vin_decode"),
    path("vehicles/<uuid:key>/edit", vehicles.vehicle_edit, name="vehicle_edit"),
    path("vehicles/<uuid:key>/mileage", vehicles.vehicle_mileage, name="vehicle_mileage"),
    path("vehicles/<uuid:key>/primary", vehicles.vehicle_primary, name="vehicle_primary"),
    path("account/tokens/", tokens.tokens, name="tokens"),
    path("account/tokens/<uuid:key>/revoke", tokens.token_revoke, name="token_revoke"),
    path("work/", work.work, name="work"),
    path("appointments/", appointments.appointments, name="appointments"),
    path("appointments/day", book.book_day, name="book_day"),
    path("appointments/week", book.book_week, name="book_week"),
    path("appointments/new", booking.appointment_new, name="appointment_new"),
    path("appointments/slots", booking.slots, name="slots"),
    path("appointments/<uuid:key>/", appointments.appointment, name="appointment"),
    path("appointments/<uuid:key>/edit", appointments.appointment_edit, name="appointment_edit"),
    path("appointments/<uuid:key>/move", booking.appointment_move, name="appointment_move"),
    path("appointments/<uuid:key>/status", workshop.appointment_status, name="appointment_status"),
    path(
        "appointments/<uuid:key>/check-in",
        workshop.appointment_check_in,
        name="appointment_check_in",
    ),
    path(
        "appointments/<uuid:key>/complete",
        workshop.appointment_complete,
        name="appointment_complete",
    ),
    path("appointments/<uuid:key>/cancel", workshop.appointment_cancel, name="appointment_cancel"),
    path("imports/", imports.import_list, name="imports"),
    path("imports/<uuid:key>/", imports.import_run, name="import"),
    path("imports/<uuid:key>/columns", imports.import_columns, name="import_columns"),
    path("imports/<uuid:key>/start", imports.import_start, name="import_start"),
    path("imports/<uuid:key>/revert", imports.import_revert, name="import_revert"),
    path("imports/<uuid:key>/refused.csv", imports.import_refused, name="import_refused"),
    path("exports/<slug:name>.<slug:kind>", exports.export, name="export"),
]
