"""Django admin: every table, for managers. Writes go through the services, as on the pages."""

from django.apps import apps
from django.contrib import admin

from crm.admin import appointments, data, outreach, people, plumbing, service, shop, vehicles

# Roles take the place of groups; sign-in details have pages of their own (allauth).
for _name in ("auth.Group", "account.EmailAddress", "mfa.Authenticator"):
    _model = apps.get_model(_name)
    if admin.site.is_registered(_model):
        admin.site.unregister(_model)

__all__ = ["appointments", "data", "outreach", "people", "plumbing", "service", "shop", "vehicles"]
