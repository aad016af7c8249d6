from django.apps import AppConfig


class TelephonyConfig(AppConfig):
    name = "telephony"
    verbose_name = "Telephone"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from crm import outbound
        from crm.constraints import register_rules
        from crm.enums import Channel
        from crm.shell import Widget, register
        from telephony import demo, signals, timeline
        from telephony.constraints import RULES
        from telephony.providers import missing_settings
        from telephony.services.outbound import calls_to, dial_address, send_text, speak

        register_rules(RULES)
        register(Widget("incoming calls", "telephony/_pop.html", "calls:read"))
        signals.connect()
        timeline.register_pages()
        demo.register_part()
        outbound.register_dialer(dial_address)
        outbound.register_history(calls_to)
        if not missing_settings():
            outbound.register(Channel.TEXT, send_text)
            outbound.register(Channel.AI_CALL, speak)
