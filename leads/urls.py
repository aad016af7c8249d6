"""Pages of `leads`; `config.urls` gives them their prefix."""

from django.urls import URLPattern, path

from leads.views import lead, leads, panel

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
]
