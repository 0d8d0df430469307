"""Verifies messages over a Baser that is thrown away. Pure: runs on any worker, stores nothing."""
