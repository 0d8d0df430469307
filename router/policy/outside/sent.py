"""One request to another server, as it was checked: what is not as it should be never gets further than here."""

from router.policy.envelope import number, text, whole
from router.policy.text import clip

METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE")
MAX_URL = 8192
MAX_FIELDS = 64
MAX_FIELD_BYTES = 131072  # all headers together: keripy puts attachments into one
MAX_SEND = 16 << 20
MAX_LIMIT = 64 << 20
MAX_MS = 120000

TOKEN = "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"


class Sent:
    """What is to leave, from the worker ``worker``. ``trouble`` is (kind, why) if it must not. ``address`` is what the platform
    itself reads of the url, {origin, scheme, login, own, loopback, local}: a parser of ours could see another server than
    ``fetch`` will.
    """

    def __init__(self, event: dict, now: float, secure: bool):
        self.id = text(event.get("id"), "")
        self.worker = text(event.get("worker"), "")
        self.method = text(event.get("method"), "", 20)
        self.url = text(event.get("url"), "", MAX_URL)
        self.headers = event.get("headers")
        self.bytes = whole(event.get("body_bytes"), 0, 0)
        self.limit = min(whole(event.get("limit"), 1 << 20, 1), MAX_LIMIT)
        self.received_at = now
        self.deadline = min(number(event.get("deadline"), now + MAX_MS, 0), now + MAX_MS)
        self.who = clip(text(event.get("who"), "this app", 4000), 60)
        self.reason = clip(text(event.get("reason"), "", 4000), 200)
        address = event.get("address")
        self.address = address if isinstance(address, dict) else {}
        self.origin = text(self.address.get("origin"), "", 300)
        self.local = self.address.get("local") is True
        self.left_at = None
        self.trouble = self.judge(secure)

    def judge(self, secure: bool):
        """Why it cannot be sent, whatever is allowed; None if it can."""
        address = self.address
        if not self.origin or not self.url:
            return "bad", "that is no address of a server"
        if address.get("scheme") not in ("http", "https"):
            return "bad", "only http and https addresses can be asked"
        if address.get("login") is not False:
            return "bad", "the address holds a user name or password, which would be told to everybody on the way. Take it out"
        if address.get("own") is not False:
            return "bad", "that is this app's own address"
        if self.method not in METHODS:
            return "bad", "%s is none of %s" % (clip(self.method, 20) or "the method", " ".join(METHODS))
        why = self.headers_wrong()
        if why:
            return "bad", why
        if self.bytes > MAX_SEND:
            return "bad", "it is larger than %d MiB" % (MAX_SEND >> 20)
        if self.bytes and self.method in ("GET", "HEAD"):
            return "bad", "a %s carries no content" % self.method
        if secure and address.get("scheme") == "http" and address.get("loopback") is not True:
            return "mixed", ""
        return None

    def headers_wrong(self) -> str:
        """Why its headers cannot be sent, "" if they can."""
        if not isinstance(self.headers, list) or len(self.headers) > MAX_FIELDS:
            return "at most %d headers, as pairs, can be sent" % MAX_FIELDS
        total = 0
        for pair in self.headers:
            if not isinstance(pair, list) or len(pair) != 2 or not text(pair[0]) or not isinstance(pair[1], str):
                return "a header is a pair of name and value"
            for ch in pair[0]:
                if ch not in TOKEN:
                    return "a header has a name that none can have"
            for ch in pair[1]:
                if not (32 <= ord(ch) < 127 or ch == "\t" or 128 <= ord(ch) < 256):
                    return "the header %s has a value that cannot be sent" % clip(pair[0], 60)
            total += len(pair[0]) + len(pair[1])
        if total > MAX_FIELD_BYTES:
            return "its headers are larger than %d KiB together" % (MAX_FIELD_BYTES >> 10)
        return ""
