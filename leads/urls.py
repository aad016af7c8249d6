"""Pages of `leads`; `config.urls` gives them their prefix."""

from django.urls import URLPattern, path

from leads.views import calibration, lead, leads, panel

app_name = "leads"
urlpatterns: list[URLPattern] = [
    path("", leads.leads, name="leads"),
    path("overview", leads.leads_overview, name="overview"),
    path("vin_leads_database.<str:kind>", leads.leads_file, name="file"),
    path("of/<uuid:key>", panel.customer_leads, name="customer_leads"),
    path("visit/<uuid:key>", panel.visit, name="visit"),
    path("visit/<uuid:key>/outcome", panel.visit_outcome, name="visit_outcome"),
    path("<int:key>/", lead.lead, name="lead"),
    path("<int:key>/status", lead.lead_status, name="lead_status"),
    path("<int:key>/rest", lead.lead_rest, name="lead_rest"),
    path("<int:key>/outcome", lead.lead_outcome, name="lead_outcome"),
    path("calibration/", calibration.calibration, name="calibration"),
    path("calibration/new", calibration.calibration_new, name="calibration_new"),
    path("calibration/<int:key>/", calibration.calibration_set, name="calibration_set"),
    path(
        "calibration/<int:key>/preview", calibration.calibration_preview, name="calibration_preview"
    ),
    path(
        "calibration/<int:key>/activate",
        calibration.calibration_activate,
        name="calibration_activate",
    ),
    path("calibration/<int:key>/retire", calibration.calibration_retire, name="calibration_retire"),
]
