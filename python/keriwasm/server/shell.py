"""index.html as a server's page: without the pool that would run in the browser, without links to what does not run here.

The policy cuts this shell and puts the fragment in (router/policy/http/shell.py). Links and forms work by themselves; with scripts htmx
swaps fragments (static/page/served.js), and where there is WebAssembly the page's own Python helps as ever.
"""

from __future__ import annotations

import re
from collections.abc import Collection

EARLY = re.compile(r'<script src="router/boot/early\.js"[^>]*></script>\n')
POOL = '<script type="module" src="router/tabs/page.js"></script>\n'
START = '<script type="module" src="static/page/start.js"></script>\n'
SERVED = '<script type="module" src="static/page/served.js"></script>\n'
NOTE = re.compile(r'(?s)<p data-network="off">.*?</p>')
LEAVES = re.compile(r'(?s)\s*<!-- Instead, while the user has it on.*?-->\s*<p data-network="on" hidden>.*?</p>')
ROOT = re.compile(r'<html lang="en" data-state="booting"')
LINK = re.compile(r'\s*<li><a href="app/([a-z]+)" hx-get="app/[a-z]+">[^<]*</a></li>')
DESCRIPTION = re.compile(r'<meta name="description" content="[^"]*">')
CHECK = '\n        <li><a href="app/ledger/check" hx-get="app/ledger/check">Check</a></li>'
"""In place of the ledger: what verifies a log and keeps nothing."""
WORDS = (
    '<p data-served><strong>This page is answered by a server.</strong> What you send to it is computed there, by Python: '
    "it sees your texts and keys. Run the page in your browser instead where they must not leave it.</p>"
)
ABOUT = '<meta name="description" content="KERI, classical and post-quantum crypto by Python on a server.">'


class Unmarked(ValueError):
    """index.html has not what is to be replaced; the message names it."""


def served(html: str, slices: Collection[str]) -> str:
    """The shell for those slices. Raises Unmarked."""
    for what, by in (
        (EARLY, ""), (re.compile(re.escape(POOL)), ""), (re.compile(re.escape(START)), SERVED), (NOTE, WORDS), (LEAVES, ""),
        (ROOT, '<html lang="en" data-state="ready" data-served'), (DESCRIPTION, ABOUT),
    ):  # fmt: skip
        html, found = what.subn(by, html)
        if found != 1:
            raise Unmarked(f"index.html has {what.pattern!r} {found} times, not once")

    def link(match: re.Match[str]) -> str:
        if match[1] in slices:
            return match[0]
        return CHECK if match[1] == "ledger" and "verifying" in slices else ""

    return LINK.sub(link, html)
