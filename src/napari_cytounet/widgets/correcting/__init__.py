"""The widget that learns while one corrects."""
