"""A slice's routes: which path is answered by which slice, on which workers, and how.

Each slice says its own, in the file routes.py of its folder, which runs on MicroPython as this does:

    from router.policy.routes import Slice

    hello = Slice("hello")
    hello.get("/app/hello")
    hello.change("/app/hello", blocks=60)

A segment in braces is a parameter; it matches one non-empty segment, still percent-encoded. A literal segment wins over a
parameter. ``HEAD`` is answered wherever ``GET`` is.
"""

from router.policy.text import describe

SLOWEST_BYTES_PER_MS = 5000  # no operation on a body is slower than that on the slowest machine

# What a row may say, and what holds where it does not.
OPTIONS = {
    "where": "",  # "all" workers that carry the slice, "one" (the worker that holds pinned slices), "others" (never that one: what
    # strangers made is judged there; a pool of one starts a second worker for it), "keyless" (as "others" while that one holds an
    # open wallet); "" takes what [slices] in pyscript.toml says
    "again": None,  # may be tried again on another worker after its worker died; None: as its kind (get, change, ...)
    "changes": False,  # it changes something, as its kind says (change, delete); a worker may begin anything else once more by itself
    "background": False,  # comes behind all clicks
    "deadline": None,  # seconds until it is answered with 504; None takes the pool's
    "blocks": 0,  # seconds for which a worker may be silent over it before it counts as hung
    "heavy": False,  # does not give way while it runs: one at a time on a worker
    "stream": False,  # stays open
    "report": False,  # gets the pool's state along
    "here": False,  # that state is the answer: the router gives it itself as JSON, and as HTML where no worker could
    "faults": False,  # exists only where the page allows faults
    "parts": None,  # a fan-out of (name, path), joined in that order
    "costs": None,  # a function of the parameters and the path's last segment: {"heavy", "blocks", "deadline"} of this call
    "stops": "",  # an address with the same parameters: what runs there is cancelled when a request of this route comes in
    "guarded": False,  # given to our own pages only, though it is a GET: a file, or something that is gone then (what changes
    # anything else is guarded anyway, see http/origins.py)
    "use": True,  # False: a page asks for it by itself, so it does not count as use of the wallet
    "title": "",  # of a fan-out's page
}


class Route:
    """One way through the house: its attributes are the rows' OPTIONS. Raises ValueError for a word that is none of them."""

    def __init__(self, method: str, pattern: str, slice: str, **options):
        self.method = method
        self.pattern = pattern
        self.slice = slice
        for name in OPTIONS:
            setattr(self, name, OPTIONS[name])
        for name in options:
            if name not in OPTIONS:
                raise ValueError("%s %s: a route has no option %s" % (method, pattern, name))
            setattr(self, name, options[name])
        if self.again is None:
            self.again = method == "GET"

    def cost(self, params: dict, body_bytes: int) -> tuple:
        """``(heavy, may_block_ms, deadline_ms)`` of this call: large bodies and slow operations take their time."""
        costs = {"heavy": self.heavy, "blocks": self.blocks, "deadline": self.deadline}
        if self.costs is not None:
            costs.update(self.costs(params, self.pattern[self.pattern.rfind("/") + 1 :]))
        deadline_ms = None if costs["deadline"] is None else costs["deadline"] * 1000
        return costs["heavy"], max(costs["blocks"] * 1000, body_bytes // SLOWEST_BYTES_PER_MS), deadline_ms


class Slice:
    """The routes of one slice, a row each. What is given with the slice holds for all its rows that do not say otherwise."""

    def __init__(self, name: str, **options):
        self.name = name
        self.options = options
        self.rows = []

    def add(self, method: str, pattern: str, changes: bool, options: dict):
        """A row; what it says itself comes last."""
        given = dict(self.options)
        given["again"] = not changes
        given["changes"] = changes
        given.update(options)
        Route(method, pattern, self.name, **given)  # raises here, where the row stands
        self.rows.append((method, pattern, given))

    def routes(self, workers: str) -> list:
        """Its routes; ``workers`` is where those go that do not say it."""
        made = [Route(method, pattern, self.name, **given) for method, pattern, given in self.rows]
        for route in made:
            route.where = route.where or workers
        return made

    def get(self, pattern: str, **options):
        """It changes nothing."""
        self.add("GET", pattern, False, options)

    def compute(self, pattern: str, **options):
        """A POST that changes nothing: it may be tried again, as if it were a GET."""
        self.add("POST", pattern, False, options)

    def change(self, pattern: str, **options):
        """A POST that changes something: never tried twice on the router's own account."""
        self.add("POST", pattern, True, options)

    def delete(self, pattern: str, **options):
        """A DELETE, never tried twice on the router's own account."""
        self.add("DELETE", pattern, True, options)


def gather(slices: dict, add) -> list:
    """Give the routes of all slices in pyscript.toml to ``add``. A slice whose routes cannot be had is told: complaints."""
    complaints = []
    for name in sorted(slices):
        table = slices[name] if isinstance(slices[name], dict) else {}
        module = "%s.routes" % table.get("module", "slices.%s" % name)
        try:
            found = getattr(__import__(module, None, None, ("routes",)), name.replace("-", "_"))
            for route in found.routes(table.get("workers", "all")):
                add(route)
        except Exception as error:
            complaints.append("slice %s lacks routes: %s: %s" % (name, module, describe(error)))
    return complaints
