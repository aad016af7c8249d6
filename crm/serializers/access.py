"""People who sign in, and the audit trail."""

from rest_framework import serializers

from crm.expressions import full_name
from crm.models import AuditEntry, User
from crm.rest.rows import Rows


class UserRows(Rows):
    """Names only: enough to choose an advisor."""

    name = serializers.CharField(read_only=True)

    class Meta:
        model = User
        ref_name = "User"
        fields = ("id", "name", "role")
        computed = {"name": full_name()}


class Me(serializers.Serializer[object]):
    """Who the caller is and may do. `token` is null for a signed-in browser."""

    id = serializers.IntegerField()
    username = serializers.CharField()
    name = serializers.CharField()
    role = serializers.CharField()
    capabilities = serializers.ListField(child=serializers.CharField())
    token = serializers.CharField(allow_null=True)
    token_expires_at = serializers.DateTimeField(allow_null=True)


class AuditRows(Rows):
    """Who changed what; `before` and `after` hold the columns that changed."""

    before = serializers.DictField(read_only=True, allow_null=True)
    after = serializers.DictField(read_only=True, allow_null=True)

    class Meta:
        model = AuditEntry
        ref_name = "AuditEntry"
        fields = (
            "id",
            "at",
            "table_name",
            "row_id",
            "customer_id",
            "action",
            "before",
            "after",
            "actor_id",
            "actor_label",
            "source",
            "request_id",
            "reason",
        )
