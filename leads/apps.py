from django.apps import AppConfig
from django.db.models.signals import post_migrate


class LeadsConfig(AppConfig):
    name = "leads"
    verbose_name = "Battery leads"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        import leads.signals  # noqa: F401  (connects the receivers)
        from crm.constraints import register_rules
        from leads import briefs, demo, pages, timeline
        from leads.reference import load_after_migrate
        from leads.rules import RULES

        register_rules(RULES)
        pages.register_pages()
        briefs.register_brief()
        timeline.register_sources()
        demo.register_part()

        post_migrate.connect(load_after_migrate, sender=self, dispatch_uid="leads.reference.load")
