"""KeriWasm's Python: what a pool worker runs (on Pyodide) and what the tests run (on CPython).

Its rooms, from the ground up: `data`, `runtime`, `browser`, `imports`, `disk`, `web`, `worker`, `snapshot`. Each says what a line
in it may touch; tests/unit/walls/test_rooms.py holds them to it. Only `browser` touches JavaScript.
"""

PROTOCOL = 1
"""Version of the message envelope (`v`); doors, router and workers that differ refuse to mix."""

__version__ = "0.1.0"
