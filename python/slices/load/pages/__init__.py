"""The load lab's routes and pages; imported by the first request."""
