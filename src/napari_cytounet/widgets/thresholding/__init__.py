"""The widget that thresholds."""
