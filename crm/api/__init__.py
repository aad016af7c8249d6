"""Views of `/api/v1/`, by area; `config.api` gives them their addresses."""
