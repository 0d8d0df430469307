"""The route table: which path is answered by which slice, on which workers, and how.

One line of ``TABLE`` is one route. A segment in braces is a parameter; it matches one non-empty segment, still percent-
encoded. A literal segment wins over a parameter. ``HEAD`` is answered wherever ``GET`` is.
"""

# Post-quantum operations that hold their worker for more than some 100 ms without giving way: beginnings of scheme
# names, and what is slow of them (measured in python/slices/pq/costs.py). At most one of those runs on a
# worker at a time.
SLOW = (
    ("classic-mceliece", ("keypair",)),
    ("sphincs", ("keypair", "sign")),
    ("slh_dsa", ("keypair", "sign")),
    ("slh-dsa", ("keypair", "sign")),
    ("xmss", ("keypair",)),
    ("lms", ("keypair",)),
    ("ov-", ("keypair",)),
    ("snova", ("sign",)),
)
KERI_IMPORT_MS = 30000  # what a first request to a slice of keripy may block
JUDGE_MS = 10000  # what one credential's schema may take, a regular expression of a stranger's within it
SLOW_BLOCK_MS = 120000  # what a slow one may block before its worker counts as hung
SLOW_DEADLINE_MS = 180000
SUITES_BLOCK_MS = 20000  # their code is imported by the first request, which takes a while on a busy machine
SLOWEST_BYTES_PER_MS = 5000  # no operation on a body is slower than that on the slowest machine


class Route:
    """One way through the house.

    ``slice`` None means that the slice is the parameter ``{slice}``; ``where`` "all", "one" (the worker that holds
    pinned slices), "others" (never that one: what strangers made is judged there; a pool of one starts a second worker for
    it) or "keyless" (as "others" while that one holds an open wallet);
    ``idempotent`` may be tried again on another worker after its worker died; ``deadline_ms`` None
    takes the pool's; ``may_block_ms`` is how long a worker may stay silent over it before it counts as hung; ``heavy``
    does not yield while it runs; ``stream`` stays open; ``snapshot`` gets the pool's state along; ``parts`` makes it a
    fan-out of (name, path) joined in that order; ``stops`` is an address with the same parameters: when a request of this
    route comes in, everything that runs at that address is cancelled first. ``guarded`` is given to our own pages only, though
    it is a GET: it hands out a file, or something that is gone then (what changes anything else is guarded anyway, see
    origins.py). ``use`` False: a page asks for it by itself, so it does not count as use of the wallet.
    """

    def __init__(
        self,
        method,
        pattern,
        slice=None,
        where="all",
        idempotent=True,
        priority="click",
        deadline_ms=None,
        may_block_ms=0,
        heavy=False,
        stream=False,
        snapshot=False,
        faults=False,
        parts=None,
        by_scheme=False,
        stops="",
        guarded=False,
        use=True,
        title="",
    ):
        self.method = method
        self.pattern = pattern
        self.slice = slice
        self.where = where
        self.idempotent = idempotent
        self.priority = priority
        self.deadline_ms = deadline_ms
        self.may_block_ms = may_block_ms
        self.heavy = heavy
        self.stream = stream
        self.snapshot = snapshot
        self.faults = faults
        self.parts = parts
        self.by_scheme = by_scheme
        self.stops = stops
        self.guarded = guarded
        self.use = use
        self.title = title

    def costs(self, params: dict, body_bytes: int) -> tuple:
        """``(heavy, may_block_ms, deadline_ms)`` of this call: large bodies and slow schemes take their time."""
        heavy = self.heavy
        may_block_ms = self.may_block_ms
        deadline_ms = self.deadline_ms
        if self.by_scheme:
            name = params.get("alg", "").lower()
            operation = self.pattern[self.pattern.rfind("/") + 1 :]
            for beginning, operations in SLOW:
                if name.startswith(beginning) and operation in operations:
                    heavy, may_block_ms, deadline_ms = True, SLOW_BLOCK_MS, SLOW_DEADLINE_MS
        return heavy, max(may_block_ms, body_bytes // SLOWEST_BYTES_PER_MS), deadline_ms


HOME = (
    ("home", "/app/home/panel"),
    ("wallet", "/app/wallet/panel"),
    ("ledger", "/app/ledger/panel"),
    ("credentials", "/app/credentials/panel"),
    ("crypto", "/app/crypto/panel"),
    ("pq", "/app/pq/panel"),
    ("load", "/app/load/panel"),
    ("pool", "/app/pool/panel"),
)

TABLE = [
    Route("GET", "/app/", slice="home", parts=HOME, title="KeriWasm"),
    Route("GET", "/app/home/panel", slice="home", snapshot=True),
    Route("GET", "/app/pool/panel", slice="pool", snapshot=True),
    # The wallet: its keys are on one worker, and what changes them is never tried twice on the router's own account.
    Route("GET", "/app/wallet/panel", slice="wallet", where="one"),
    Route("GET", "/app/wallet", slice="wallet", where="one"),
    Route("GET", "/app/wallet/events", slice="wallet", where="one", stream=True, use=False),
    Route("POST", "/app/wallet", "wallet", "one", idempotent=False, heavy=True, may_block_ms=60000, deadline_ms=90000),
    # What asks for the passcode again stretches it, as unlock does.
    Route("DELETE", "/app/wallet", "wallet", "one", idempotent=False, heavy=True, may_block_ms=60000, deadline_ms=90000),
    Route(
        "POST", "/app/wallet/delete", "wallet", "one", idempotent=False, heavy=True, may_block_ms=60000, deadline_ms=90000
    ),
    Route(
        "POST", "/app/wallet/unlock", "wallet", "one", idempotent=False, heavy=True, may_block_ms=60000, deadline_ms=90000
    ),
    Route("POST", "/app/wallet/lock", slice="wallet", where="one", idempotent=False),
    Route(
        "POST", "/app/wallet/passcode", "wallet", "one", idempotent=False, heavy=True, may_block_ms=90000, deadline_ms=120000
    ),
    Route("POST", "/app/wallet/autolock", slice="wallet", where="one", idempotent=False),
    Route("GET", "/app/wallet/challenge", slice="wallet", where="one"),
    Route("POST", "/app/wallet/challenge", slice="wallet", where="one"),
    Route("POST", "/app/wallet/challenge/verify", "wallet", "one", idempotent=False, deadline_ms=60000),
    # Backup and restore stretch a passphrase and replay logs: they hold the worker for seconds, and change the wallet once.
    Route("GET", "/app/wallet/backup", "backup", "one", idempotent=False, may_block_ms=60000, deadline_ms=180000),
    Route("POST", "/app/wallet/backup", "backup", "one", idempotent=False, heavy=True, may_block_ms=60000, deadline_ms=180000),
    Route("GET", "/app/wallet/backup/reminder", slice="backup", where="one", may_block_ms=15000, use=False),
    # A secret that is taken once is gone.
    Route("GET", "/app/wallet/backup/files/{token}", slice="backup", where="one", idempotent=False, guarded=True),
    Route(
        "POST", "/app/wallet/recovery-key", "backup", "one", idempotent=False, heavy=True, may_block_ms=60000,
        deadline_ms=90000
    ),
    Route("POST", "/app/wallet/recovery-key/forget", slice="backup", where="one", idempotent=False),
    Route("GET", "/app/wallet/restore", slice="backup", where="one"),
    Route("POST", "/app/wallet/restore", "backup", "one", idempotent=False, heavy=True, may_block_ms=90000, deadline_ms=300000),
    Route("GET", "/app/credentials/panel", slice="credentials", where="one"),
    Route("GET", "/app/credentials", slice="credentials", where="one"),
    Route("GET", "/app/credentials/schemas", slice="credentials", where="one"),
    # What was judged elsewhere within JUDGE_MS may take as long once more where it is stored.
    Route(
        "POST", "/app/credentials/schemas", "credentials", "one", idempotent=False, may_block_ms=30000, deadline_ms=60000
    ),
    Route("GET", "/app/credentials/schemas/{said}", slice="credentials", where="one"),
    Route("POST", "/app/credentials/registries", slice="credentials", where="one", idempotent=False),
    Route("GET", "/app/credentials/registries/{regk}", slice="credentials", where="one"),
    Route("GET", "/app/credentials/issue", slice="credentials", where="one"),
    Route("POST", "/app/credentials/issue", "credentials", "one", idempotent=False, may_block_ms=30000, deadline_ms=60000),
    Route("GET", "/app/credentials/verify", slice="credentials", where="one"),
    Route(
        "POST", "/app/credentials/verify", "credentials", "one", idempotent=False, may_block_ms=60000, deadline_ms=120000
    ),
    Route(
        "POST", "/app/credentials/receive", "credentials", "one", idempotent=False, may_block_ms=60000, deadline_ms=120000
    ),
    Route("GET", "/app/credentials/{said}", slice="credentials", where="one"),
    Route("GET", "/app/credentials/{said}/cesr", slice="credentials", where="one", guarded=True),
    Route("POST", "/app/credentials/{said}/revoke", slice="credentials", where="one", idempotent=False),
    Route("GET", "/app/identifiers", slice="wallet", where="one"),
    # 64 keys and 64 next ones, stretched each (salty): a quarter of a second apiece.
    Route("POST", "/app/identifiers", "wallet", "one", idempotent=False, may_block_ms=90000, deadline_ms=120000),
    Route("GET", "/app/identifiers/making", slice="wallet", where="one"),
    Route("GET", "/app/identifiers/{aid}", slice="wallet", where="one"),
    Route("GET", "/app/identifiers/{aid}/events", slice="wallet", where="one"),
    Route("GET", "/app/identifiers/{aid}/events/{sn}", slice="wallet", where="one"),
    Route("GET", "/app/identifiers/{aid}/kel", slice="wallet", where="one", guarded=True),
    Route("GET", "/app/identifiers/{aid}/share", slice="wallet", where="one"),
    Route("POST", "/app/identifiers/{aid}/rename", slice="wallet", where="one", idempotent=False),
    Route(
        "POST", "/app/identifiers/{aid}/rotate", "wallet", "one", idempotent=False, may_block_ms=60000, deadline_ms=90000
    ),
    Route("POST", "/app/identifiers/{aid}/interact", slice="wallet", where="one", idempotent=False),
    # Ed25519 signatures of one message by one key are always the same: signing again changes nothing.
    Route("POST", "/app/identifiers/{aid}/sign", slice="wallet", where="one"),
    Route("POST", "/app/identifiers/{aid}/challenge", slice="wallet", where="one", idempotent=False),
    Route("GET", "/app/{slice}/panel"),
    Route("GET", "/app/pool", slice="pool", snapshot=True),
    Route("POST", "/app/pool/size", slice="pool", snapshot=True),
    Route("GET", "/app/pool/events", slice="pool", snapshot=True, stream=True),
    Route("POST", "/app/faults/{worker}", slice="faults", idempotent=False, faults=True, snapshot=True),
    # A POST of pure computation changes nothing anywhere: it may be tried again, as if it were a GET.
    Route("GET", "/app/crypto", slice="crypto"),
    Route("GET", "/app/crypto/hash", slice="crypto"),
    Route("POST", "/app/crypto/hash", slice="crypto"),
    Route("GET", "/app/crypto/hash-many", slice="crypto"),
    Route("POST", "/app/crypto/hash-many", slice="crypto", deadline_ms=120000, snapshot=True),
    Route("POST", "/app/crypto/hash-batch", slice="crypto", deadline_ms=120000),
    Route("GET", "/app/crypto/ed25519", slice="crypto"),
    Route("POST", "/app/crypto/ed25519/keypair", slice="crypto"),
    Route("POST", "/app/crypto/ed25519/sign", slice="crypto"),
    Route("POST", "/app/crypto/ed25519/verify", slice="crypto"),
    Route("GET", "/app/crypto/box", slice="crypto"),
    Route("POST", "/app/crypto/box/keypair", slice="crypto"),
    Route("POST", "/app/crypto/box/seal", slice="crypto"),
    Route("POST", "/app/crypto/box/open", slice="crypto"),
    Route("GET", "/app/crypto/xchacha", slice="crypto"),
    Route("POST", "/app/crypto/xchacha/key", slice="crypto"),
    Route("POST", "/app/crypto/xchacha/encrypt", slice="crypto"),
    Route("POST", "/app/crypto/xchacha/decrypt", slice="crypto"),
    Route("GET", "/app/crypto/argon2id", slice="crypto"),
    # 64 MiB takes about a second, 1 GiB a quarter of a minute and more on a phone. It is pure, but what killed its worker
    # was most likely its hunger for memory: that shall not cost a second one.
    Route(
        "POST", "/app/crypto/argon2id", "crypto", idempotent=False, heavy=True, may_block_ms=60000, deadline_ms=90000
    ),
    Route("GET", "/app/pq", slice="pq"),
    Route("GET", "/app/pq/kem/{alg}", slice="pq"),
    Route("GET", "/app/pq/sig/{alg}", slice="pq"),
    Route("POST", "/app/pq/kem/{alg}/keypair", slice="pq", by_scheme=True),
    Route("POST", "/app/pq/kem/{alg}/encaps", slice="pq", by_scheme=True),
    Route("POST", "/app/pq/kem/{alg}/decaps", slice="pq", by_scheme=True),
    Route("POST", "/app/pq/sig/{alg}/keypair", slice="pq", by_scheme=True),
    Route("POST", "/app/pq/sig/{alg}/sign", slice="pq", by_scheme=True),
    Route("POST", "/app/pq/sig/{alg}/verify", slice="pq", by_scheme=True),
    Route("GET", "/app/pq/stfl/{alg}", slice="pq"),
    Route("POST", "/app/pq/stfl/{alg}/keypair", slice="pq", by_scheme=True),
    # a stateful key signs once per leaf: never twice on the router's own account
    Route("POST", "/app/pq/stfl/{alg}/sign", slice="pq", by_scheme=True, idempotent=False),
    Route("POST", "/app/pq/stfl/{alg}/verify", slice="pq", by_scheme=True),
    # The first request of any kind imports keripy, which holds the worker for a second or two, on a slow machine for many.
    # It yields while others verify for it. What a stranger made is never tried again by itself where it has ended a worker.
    Route("GET", "/app/ledger/panel", slice="ledger", where="one", may_block_ms=KERI_IMPORT_MS),
    Route("GET", "/app/ledger", slice="ledger", where="one", may_block_ms=KERI_IMPORT_MS),
    Route("POST", "/app/ledger", "ledger", "one", idempotent=False, may_block_ms=KERI_IMPORT_MS, deadline_ms=300000),
    Route("GET", "/app/ledger/progress", slice="ledger", where="one"),
    Route("GET", "/app/ledger/{aid}", slice="ledger", where="one", may_block_ms=KERI_IMPORT_MS),
    Route("DELETE", "/app/ledger/{aid}", "ledger", "one", idempotent=False, may_block_ms=KERI_IMPORT_MS),
    Route("POST", "/app/ledger/{aid}/delete", "ledger", "one", idempotent=False, may_block_ms=KERI_IMPORT_MS),
    Route("POST", "/app/ledger/{aid}/contact", slice="ledger", where="one", may_block_ms=KERI_IMPORT_MS),
    Route("GET", "/app/ledger/{aid}/events", slice="ledger", where="one", may_block_ms=KERI_IMPORT_MS),
    Route("GET", "/app/ledger/{aid}/events/{sn}", slice="ledger", where="one", may_block_ms=KERI_IMPORT_MS),
    Route("GET", "/app/ledger/{aid}/kel", "ledger", "one", may_block_ms=KERI_IMPORT_MS, guarded=True),
    Route("GET", "/app/verify", slice="ledger", where="one", may_block_ms=KERI_IMPORT_MS),
    Route("POST", "/app/verify", "ledger", "one", idempotent=False, may_block_ms=KERI_IMPORT_MS),
    # The ledger is on one worker; what it asks of the others is pure. A share of an import is at most some 200 messages.
    Route(
        "POST", "/app/ledger/check", "verifying", "keyless", idempotent=False, deadline_ms=300000, may_block_ms=KERI_IMPORT_MS
    ),
    # What strangers made is judged by a worker that never holds keys. It is heavy, so that nobody else's work is beside it
    # when it hangs its worker, and it is not tried again on another one. Importing keripy is asked for before: what judges
    # may then block for JUDGE_MS only.
    Route("POST", "/app/judge", "verifying", "others", deadline_ms=120000, may_block_ms=KERI_IMPORT_MS),
    Route(
        "POST",
        "/app/judge/{what}",
        "verifying",
        "others",
        idempotent=False,
        heavy=True,
        stream=True,
        deadline_ms=120000,
        may_block_ms=JUDGE_MS,
    ),
    # One worker coordinates a run and keeps the history; shares go to the worker that the run names, behind all clicks.
    Route("GET", "/app/load", slice="load", where="one", snapshot=True),
    Route("POST", "/app/load/runs", slice="load", where="one", idempotent=False, snapshot=True),
    Route("GET", "/app/load/runs/{id}", slice="load", where="one"),
    Route("DELETE", "/app/load/runs/{id}", slice="load", where="one"),
    Route("GET", "/app/load/runs/{id}/events", slice="load", where="one", stream=True),
    Route("POST", "/app/load/runs/{id}/cancel", slice="load", where="one"),
    Route("POST", "/app/load/runs/{id}/page", slice="load", where="one", idempotent=False),
    Route("GET", "/app/load/compare", slice="load", where="one"),
    Route("POST", "/app/load/shares", slice="load", idempotent=False, priority="background", deadline_ms=300000),
    # Runs live on w1; the chunks that it hands out name their worker and how long a test may block it.
    Route("GET", "/app/suites", slice="suites", where="one", may_block_ms=SUITES_BLOCK_MS),
    Route("GET", "/app/suites/{name}", slice="suites", where="one", may_block_ms=SUITES_BLOCK_MS),
    Route("POST", "/app/suites/{name}/runs", slice="suites", where="one", may_block_ms=SUITES_BLOCK_MS, idempotent=False),
    Route("GET", "/app/suites/runs", slice="suites", where="one", may_block_ms=SUITES_BLOCK_MS),
    Route("GET", "/app/suites/runs/{id}", slice="suites", where="one", may_block_ms=SUITES_BLOCK_MS),
    Route("GET", "/app/suites/runs/{id}/events", slice="suites", where="one", stream=True),
    Route("GET", "/app/suites/runs/{id}/tests", slice="suites", where="one", may_block_ms=SUITES_BLOCK_MS),
    Route("POST", "/app/suites/runs/{id}/again", slice="suites", where="one", may_block_ms=SUITES_BLOCK_MS, idempotent=False),
    Route(
        "POST", "/app/suites/runs/{id}/cancel", slice="suites", where="one", stops="/app/suites/runs/{id}/chunks"
    ),
    Route(
        "POST", "/app/suites/runs/{id}/chunks", slice="suites", idempotent=False, priority="background", stream=True
    ),
]


class Node:
    """One segment of the tree of routes."""

    def __init__(self):
        self.literal = {}
        self.param = None
        self.names = {}  # method -> names of the parameters on the way
        self.routes = {}  # method -> Route


class Table:
    """Routes as a tree of segments: a match costs the path's length, not the table's."""

    def __init__(self, routes):
        self.root = Node()
        self.routes = list(routes)
        for route in self.routes:
            self.add(route)

    def add(self, route: Route):
        """Put a route in. Raises ValueError if its method and pattern are taken."""
        node = self.root
        names = []
        for segment in split(route.pattern):
            if segment.startswith("{"):
                names.append(segment[1:-1])
                if node.param is None:
                    node.param = Node()
                node = node.param
            else:
                if segment not in node.literal:
                    node.literal[segment] = Node()
                node = node.literal[segment]
        if route.method in node.routes:
            raise ValueError("two routes for %s %s" % (route.method, route.pattern))
        node.routes[route.method] = route
        node.names[route.method] = names

    def match(self, method: str, path: str) -> tuple:
        """``(route, params, allowed)``: route None and allowed empty is 404, route None with allowed methods is 405.

        A slash that is percent-encoded is nowhere: the worker, which decodes, would see another route than was judged here.
        """
        if "%2f" in path.lower():
            return None, {}, []
        nodes = []
        self.walk(self.root, split(path), 0, [], nodes)
        wanted = "GET" if method == "HEAD" else method
        allowed = set()
        for node, values in nodes:
            route = node.routes.get(wanted)
            if route is not None:
                return route, dict(zip(node.names[wanted], values)), []
            for name in node.routes:
                allowed.add(name)
        if "GET" in allowed:
            allowed.add("HEAD")
        if allowed:
            allowed.add("OPTIONS")
        return None, {}, sorted(allowed)

    def walk(self, node, segments, at, values, found):
        """Gather the nodes that fit, literals first."""
        if at == len(segments):
            if node.routes:
                found.append((node, values))
            return
        segment = segments[at]
        following = node.literal.get(segment)
        if following is not None:
            self.walk(following, segments, at + 1, values, found)
        if node.param is not None and segment:
            self.walk(node.param, segments, at + 1, values + [segment], found)


def split(path: str) -> list:
    """Segments after ``/app/``; ``/app`` is the same as ``/app/``."""
    rest = path[len("/app/") :]
    return rest.split("/") if rest else []
