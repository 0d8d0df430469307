"""The router's policy. It runs on MicroPython in the router worker and on CPython in the tests; it does no I/O."""
