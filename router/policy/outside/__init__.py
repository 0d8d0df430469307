"""The way out of the browser: what is allowed to leave, by the gateway worker, and what becomes of it."""
