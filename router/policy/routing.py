"""The route table as a tree of segments: a match costs the path's length, not the table's."""

from router.policy.routes import Route


class Node:
    """One segment of the tree of routes."""

    def __init__(self):
        self.literal = {}
        self.param = None
        self.names = {}  # method -> names of the parameters on the way
        self.routes = {}  # method -> Route


class Table:
    """All routes of an app."""

    def __init__(self, routes):
        self.root = Node()
        for route in routes:
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
