"""Pages of `warmth`; `config.urls` gives them their prefix."""

from django.urls import URLPattern, path

from warmth.views import accuracy, board, customer, customers, reports, rules

app_name = "warmth"
urlpatterns: list[URLPattern] = [
    path("", board.board, name="board"),
    path("customers/", customers.customers, name="customers"),
    path("customers/<uuid:key>/", customer.customer, name="customer"),
    path("customers/<uuid:key>/card", customer.customer_card, name="customer_card"),
    path("customers/<uuid:key>/what-if", customer.what_if, name="what_if"),
    path("customers/<uuid:key>/adjust", customer.adjust, name="adjust"),
    path("customers/<uuid:key>/release", customer.release, name="release"),
    path("customers/<uuid:key>/engage", customer.engage, name="engage"),
    path("reports/", reports.reports, name="reports"),
    path("rules/", rules.rules, name="rules"),
    path("rules/trial/end", rules.trial_end, name="trial_end"),
    path("rules/roll-back", rules.roll_back, name="roll_back"),
    path("rules/accuracy", accuracy.accuracy, name="accuracy"),
    path("rules/<uuid:key>/", rules.version, name="version"),
    path("rules/<uuid:key>/delete", rules.version_delete, name="version_delete"),
    path("rules/<uuid:key>/preview", rules.version_preview, name="version_preview"),
    path("rules/<uuid:key>/publish", rules.version_publish, name="version_publish"),
    path("rules/<uuid:key>/new", rules.rule_new, name="rule_new"),
    path("rules/rule/<uuid:key>/", rules.rule, name="rule"),
    path("rules/rule/<uuid:key>/delete", rules.rule_delete, name="rule_delete"),
]
