"""The widget that measures objects."""
