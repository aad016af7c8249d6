"""Puts our admin site in the place of Django's. A module of its own, because Django looks for
one configuration in `crm/apps.py`."""

from django.conf import settings
from django.contrib.admin.apps import AdminConfig, SimpleAdminConfig


class LanewiseAdminConfig(AdminConfig):
    default_site = "crm.admin_site.LanewiseAdminSite"

    def ready(self) -> None:
        """Find the models' admins, except where nobody opens them: they cost 30 MB."""
        if settings.LANEWISE_ROLE in ("worker", "beat"):
            SimpleAdminConfig.ready(self)
        else:
            super().ready()
