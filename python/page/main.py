"""This app's own page: where its keys lead, and the strength of a passcode; all else is the general part (acts.py).

Runs on MicroPython (PyScript) on the page's main thread; static/page/start.js starts it.
"""

from page import acts, passcode
from page.places import PARENTS, PLACES

passcode.start()
acts.start(PLACES, **PARENTS)
