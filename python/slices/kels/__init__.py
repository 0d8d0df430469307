"""What several slices say about a key event log. Works on any Baser, looks only."""
