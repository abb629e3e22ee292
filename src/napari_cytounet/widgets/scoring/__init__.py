"""The widget that compares objects with the true ones."""
