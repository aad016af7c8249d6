"""Puts our admin site in the place of Django's. A module of its own, because Django looks for
one configuration in `crm/apps.py`."""

from django.contrib.admin.apps import AdminConfig


class LanewiseAdminConfig(AdminConfig):
    default_site = "crm.admin_site.LanewiseAdminSite"
