"""The parts of the router, by what they do."""
