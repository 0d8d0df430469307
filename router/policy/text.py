"""Text helpers that give the same bytes on MicroPython and CPython.

MicroPython rounds ``'%.1f' % 0.25`` to 0.3 where CPython says 0.2, keeps dicts unordered and lacks much of ``str``;
what must look the same everywhere is written here by hand.
"""

import json
import sys


def escape(value) -> str:
    """HTML-escape ``value`` for text and for attributes in either quote."""
    text = str(value)
    for raw, safe in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ('"', "&quot;"), ("'", "&#39;")):
        if raw in text:
            text = text.replace(raw, safe)
    return text


def percent_decode(text: str) -> str:
    """Decode ``%XX`` as UTF-8. What is not valid percent-encoded UTF-8 comes back as it was."""
    if "%" not in text:
        return text
    parts = text.split("%")
    raw = bytearray(parts[0].encode())
    for part in parts[1:]:
        try:
            raw.append(int(part[:2], 16) if len(part) >= 2 else -1)
        except ValueError:
            return text
        raw.extend(part[2:].encode())
    try:
        # str() of bytes checks the encoding on both interpreters; bytes.decode() does not on MicroPython
        return str(bytes(raw), "utf-8")
    except (UnicodeError, ValueError):
        return text


def percent_encode(text: str) -> str:
    """Percent-encode ``text`` (UTF-8) for a header or one path segment: only unreserved characters stay."""
    out = []
    for byte in text.encode():
        if 48 <= byte <= 57 or 65 <= byte <= 90 or 97 <= byte <= 122 or byte in (45, 46, 95, 126):
            out.append(chr(byte))
        else:
            out.append("%%%02X" % byte)
    return "".join(out)


def tenths(value: float) -> str:
    """A non-negative number with one decimal, halves rounded up."""
    n = int(value * 10 + 0.5) if value > 0 else 0
    return "%d.%d" % (n // 10, n % 10)


def seconds(ms: float) -> str:
    """A duration for people: ``30.0 s``."""
    return tenths(ms / 1000) + " s"


def clip(value, limit: int) -> str:
    """``value`` as text of at most ``limit`` characters."""
    text = value if isinstance(value, str) else str(value)
    return text if len(text) <= limit else text[: limit - 1] + "…"


def dumps(value) -> str:
    """JSON that may stand in a response body."""
    return json.dumps(value)


def describe(error) -> str:
    """An exception with its traceback, for the log."""
    import io

    stream = io.StringIO()
    if hasattr(sys, "print_exception"):  # MicroPython
        sys.print_exception(error, stream)
    else:
        import traceback

        traceback.print_exception(type(error), error, error.__traceback__, file=stream)
    return clip(stream.getvalue(), 4000)
