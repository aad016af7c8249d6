"""Addresses of `/api/v1/`. A later app registers its views here."""

from django.contrib.auth.decorators import login_required
from django.urls import path, re_path
from drf_spectacular.views import SpectacularAPIView, SpectacularRedocView, SpectacularSwaggerView
from rest_framework.routers import SimpleRouter

from crm.api import access, appointments, customers, outreach, service, shop, vehicles, webhooks
from crm.rest.generator import GeneratedOnce
from leads.api import routes as leads_routes
from telephony.api import routes as telephony_routes
from warmth.api import routes as warmth_routes

router = SimpleRouter(use_regex_path=False)
router.register("customers", customers.CustomerViewSet, basename="api-customers")
router.register("vehicles", vehicles.VehicleViewSet, basename="api-vehicles")
router.register("appointments", appointments.AppointmentViewSet, basename="api-appointments")
router.register("service-history", service.RecordViewSet, basename="api-service-history")
router.register("service-lines", service.LineViewSet, basename="api-service-lines")
router.register("technicians", shop.TechnicianViewSet, basename="api-technicians")
router.register("service-bays", shop.BayViewSet, basename="api-service-bays")
router.register("opening-hours", shop.OpeningHoursViewSet, basename="api-opening-hours")
router.register("special-days", shop.SpecialDayViewSet, basename="api-special-days")
router.register("op-codes", shop.OpCodeViewSet, basename="api-op-codes")
router.register("users", access.UserViewSet, basename="api-users")
router.register("audit", access.AuditViewSet, basename="api-audit")
router.register("webhooks", webhooks.WebhookViewSet, basename="api-webhooks")
router.register(
    "webhook-deliveries", webhooks.WebhookDeliveryViewSet, basename="api-webhook-deliveries"
)
router.register("work-items", outreach.WorkItemViewSet, basename="api-work-items")
router.register("consents", outreach.ConsentViewSet, basename="api-consents")
router.register("contact-attempts", outreach.ContactViewSet, basename="api-contact-attempts")

APP_ROUTES = (leads_routes, telephony_routes, warmth_routes)
for routes in APP_ROUTES:
    routes.register(router)

# Pages for people: without a session they lead to the sign-in page, not to a 401.
_swagger = SpectacularSwaggerView.as_view(url_name="api-schema")
_redoc = SpectacularRedocView.as_view(url_name="api-schema")

urlpatterns = [
    path("me/", access.MeView.as_view(), name="api-me"),
    path("availability/", appointments.AvailabilityView.as_view(), name="api-availability"),
    path("permission/", outreach.PermissionView.as_view(), name="api-permission"),
    path("vin/<str:text>/", vehicles.VinView.as_view(), name="api-vin"),
    *(pattern for routes in APP_ROUTES for pattern in routes.urlpatterns),
    *router.urls,
    path("schema/", SpectacularAPIView.as_view(generator_class=GeneratedOnce), name="api-schema"),
    path("docs/", login_required(_swagger), name="api-docs"),
    path("redoc/", login_required(_redoc), name="api-redoc"),
    re_path(r"^.*$", access.NoSuchAddress.as_view(), name="api-no-such-address"),
]
