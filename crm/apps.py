from django.apps import AppConfig


class CrmConfig(AppConfig):
    name = "crm"
    verbose_name = "Dealership"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from crm.brief_sources import register_briefs
        from crm.context import acting_in_background
        from crm.outreach import register_outreach
        from crm.timeline_sources import register_sources
        from jobs.hooks import surround_work

        register_sources()
        register_outreach()
        register_briefs()
        surround_work(acting_in_background)
