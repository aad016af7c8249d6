"""Addresses of the whole installation. `/healthz` and `/readyz` are answered by a middleware."""

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.urls import include, path

from config.reports import csp_report
from crm.sign_in import SignInView
from warmth.api.routes import unversioned as warmth_api

# The admin's own login form knows neither the second factor nor the throttle.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]

urlpatterns = [
    path("", include("crm.urls")),
    path("accounts/login/", SignInView.as_view(), name="account_login"),
    path("accounts/", include("allauth.urls")),
    path("admin/", admin.site.urls),
    path("api/v1/", include("config.api")),
    path("api/", include(warmth_api)),
    path("jobs/", include("jobs.urls")),
    path("leads/", include("leads.urls")),
    path("warmth/", include("warmth.urls")),
    path("calls/", include("telephony.urls")),
    path("csp-report", csp_report, name="csp_report"),
]

handler400 = "crm.error_pages.bad_request"
handler403 = "crm.error_pages.permission_denied"
handler404 = "crm.error_pages.page_not_found"
handler429 = "crm.error_pages.rate_limited"
handler500 = "crm.error_pages.server_error"
