"""The scheduler, and what any part may ask of its worker. Imports nothing of ours."""
