"""What the pages that edit a record share."""

from typing import Any

from crm.forms.base import EditForm
from crm.models import AuditEntry


def stale_form(form: EditForm, fresh: Any) -> Any:
    """`form` on top of the record that somebody else saved meanwhile; says who and when."""
    merged = form.merged_with(fresh)
    merged.changed_by = (
        AuditEntry.objects.filter(table_name=fresh._meta.db_table, row_id=str(fresh.pk))
        .values("at", "actor_label", "source")
        .first()
    )
    merged.is_stale = True
    return merged
