"""Why a request to another server has no answer: a kind for programs, plain words for people. One table, so that a test can look
at each.

%(origin)s is the server's, %(limit)s the most that was wanted of it, %(status)s what it answered with, %(why)s a reason of the
router's own.
"""

NONE_CAME = 599  # the status of an answer that no server gave

MAY = " It may have arrived all the same."

WORDS = {
    "off": "The network is off, so nothing was sent. Turn it on under Network, then try again.",
    "stopped": "The network was turned off meanwhile." + MAY,
    "ask": "%(origin)s is not allowed yet, so nothing was sent. Allow it under Network, then try again.",
    "many": "Too many servers wait for your answer under Network, so nothing was sent and this one is not asked about. Answer those "
    "first.",
    "refused": "You refused %(origin)s, so nothing was sent. It can be allowed under Network.",
    "revoked": "You took %(origin)s off the allowed servers meanwhile." + MAY,
    "bad": "Nothing was sent: %(why)s.",
    "full": "Too many requests wait to leave, so this one was not sent. Try again in a moment.",
    "mixed": "This page came by https, and a browser does not let such a page ask %(origin)s, which is http. Nothing was sent. Ask for "
    "an https address, or open this app from your own machine as http://localhost.",
    "offline": "This browser is offline, so %(origin)s was not reached.",
    "unreachable": "No answer of %(origin)s could be read. It may be down, its name or port may be wrong, or it does not let web pages "
    "read its answers (CORS): a browser does not tell a page which." + MAY,
    "local": "No answer of %(origin)s could be read. It may be down, or does not let web pages read its answers (CORS), or the browser "
    "keeps pages from servers in your own network until you allow that (Local Network Access, at the left of the address bar): it "
    "does not tell a page which." + MAY,
    "host": "The server that this app came from forbids its gateway to ask others: its Content-Security-Policy for workers/gateway.js "
    "needs connect-src http: https: (README, Host it). Nothing was sent.",
    "redirect": "%(origin)s sent this on to another address. A browser does not tell a page which, so that it could not be asked about, "
    "and was not followed. Use the final address.",
    "late": "%(origin)s had not answered in full when its time was over (%(why)s)." + MAY,
    "queued": "Its time was over (%(why)s) before this was sent: six requests to %(origin)s were under way all the while.",
    "html": "%(origin)s answered %(status)s with a web page instead of data. Nothing of it was kept. Is the address right?",
    "large": "%(origin)s answered with more than %(limit)s. Nothing of it was kept.",
    "broken": "The answer of %(origin)s broke off. Nothing of it was kept." + MAY,
    "status": "%(origin)s answered with the status %(status)s, which no server should give. Nothing of it was kept.",
    "type": "%(origin)s does not take this kind of message (406): it speaks another version of KERI than this app, most likely the 2.0 "
    "that is being developed.",
    "cancelled": "It was cancelled." + MAY,
    "gateway": "The gateway was lost while this was under way (%(why)s)." + MAY,
}


def size(bytes: int) -> str:
    """A bound as people read it."""
    for unit, each in (("MiB", 1 << 20), ("KiB", 1 << 10)):
        if bytes >= each:
            return "%d %s" % (bytes // each, unit)
    return "%d bytes" % bytes


def explain(kind: str, origin: str, limit: int, status: int, why: str = "") -> str:
    """The words of a kind, "" for no problem; an unknown one is told by its name."""
    if not kind:
        return ""
    given = {"origin": origin or "The server", "limit": size(limit), "status": status, "why": why}
    return WORDS.get(kind, "It failed (%s)." % kind[:40]) % given
