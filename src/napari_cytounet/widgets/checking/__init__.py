"""The widget that checks training data."""
