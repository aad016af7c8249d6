"""Leads as files: JSON in the seed's sections, a flat CSV, a summary to read; and back again.

Rows are mappings from the names in `fields.NAMES` to values, as `LeadRecord.objects.values()` and
`generated.rows()` give them. Nothing here asks the database.
"""
