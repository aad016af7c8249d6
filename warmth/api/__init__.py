"""Views of `/api/v1/` that belong to `warmth`."""
