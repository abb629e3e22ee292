"""The widget that trains."""
