"""A run: a folder with a model, the record of how it was made, its history and its latest checkpoint."""
