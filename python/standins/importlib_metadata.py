"""The backport of a module that Python has: pygal imports it by this name, on every Python."""

from importlib.metadata import entry_points

__all__ = ["entry_points"]
