"""Small ways to the DOM for the page's Python; where MicroPython's bridge has traits, they are met here.

A JavaScript integer beyond 31 bits arrives cut off, so clocks come from time.time(); undefined arrives as an object that
is true, so details of events cross as JSON text.
"""

import json
import time

import js
from pyscript.ffi import create_proxy

document = js.document
root = document.documentElement


def on(target, name, handler):
    """Listens for the page's whole life, hence no way to stop."""
    target.addEventListener(name, create_proxy(handler))


def now_ms():
    return time.time() * 1000


def find(selector, under=None):
    """The first match or None."""
    return (under or document).querySelector(selector)


def closest(event, selector):
    """The event's nearest ancestor that matches, or None; a text node or the document itself has none."""
    target = event.target
    return target.closest(selector) if hasattr(target, "closest") else None


def plain(value):
    """A JavaScript value of plain data as Python's."""
    text = js.JSON.stringify(value)
    return json.loads(text) if isinstance(text, str) else None


def announce(text):
    """Tells screen readers; the same words twice in a row are told twice."""
    region = find("#announce")
    region.textContent = ""
    region.textContent = text


def set_text(element, text):
    if element.textContent != text:
        element.textContent = text


def set_progress(element, percent):
    if percent is None:
        element.removeAttribute("value")
    else:
        element.value = percent
