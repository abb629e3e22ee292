"""The widget that predicts."""
