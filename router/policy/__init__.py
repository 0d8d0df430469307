"""The policy: events in, commands out. It runs on MicroPython in the router worker and on CPython in the tests.

A line in here touches nothing: no I/O, no clock, no chance of its own. It imports this folder only.
"""
