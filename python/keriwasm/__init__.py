"""KeriWasm's Python: what a pool worker runs (on Pyodide) and what the tests run (on CPython).

Only `bridge` and `idb` touch JavaScript, and only inside functions: everything else imports and runs anywhere.
"""

PROTOCOL = 1
"""Version of the message envelope (`v`); doors, router and workers that differ refuse to mix."""

__version__ = "0.1.0"
