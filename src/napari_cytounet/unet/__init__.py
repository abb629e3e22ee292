"""The network, and all that trains it and runs it."""
