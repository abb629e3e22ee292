"""What the manifest contributes beside widgets: readers, writers, samples and commands."""
