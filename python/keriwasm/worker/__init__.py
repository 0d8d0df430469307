"""A pool worker, put together of the rooms below it: the inbox, a Doer per request, heartbeat, draining. No slice imports it."""
