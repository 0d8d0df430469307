"""The router, room by room; Python is in policy/ only, the rest is JavaScript (see the README of each room)."""
