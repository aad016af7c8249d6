"""Shapes of the `leads` API."""
