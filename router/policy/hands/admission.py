"""How a request comes in: checked, matched, bounded, given its deadline, and put in the queue. Or refused, with the
reason.
"""

from router.policy.envelope import MAX_PATH, MAX_QUERY, number, read_headers, text
from router.policy.fan_out import FanOut, parts_deadline
from router.policy.http import answers, origins
from router.policy.http.problems import full, hopeless, problem
from router.policy.pool import report
from router.policy.routes import Route
from router.policy.tasks import BACKGROUND, CLICK, JOINING, STREAMING, Task, in_order
from router.policy.text import clip, dumps

# for tasks that are answered before a route was found
NOWHERE = Route("GET", "/app/", slice="")


class Admission:
    """Takes requests in, or refuses them."""

    def __init__(self, state, delivery):
        self.state = state
        self.delivery = delivery

    def on_request(self, event: dict):
        """A door or a worker asks for something."""
        state = self.state
        id = text(event.get("id"))
        door = text(event.get("door"))
        if id is None or door is None:
            state.log("warn", "a request without id or door was ignored")
            return
        if state.tasks.known(id):
            self.duplicate(id, door)
            return
        worker = parent = None
        if door.startswith("worker:"):
            worker = state.pool.get(door[len("worker:") :])
            generation = event.get("generation")
            if worker is None or not worker.alive() or (generation is not None and generation != worker.generation):
                state.log("warn", "a request of the lost worker %s was ignored" % clip(door, 40))
                state.forget(id)
                return
            state.pool.heard(worker, state.now)
        task = self.read(event, id, door, worker is not None)
        state.tasks.number(task)
        trouble = None
        if worker is not None and event.get("parent") is not None:
            parent = worker.running.get(event["parent"]) if isinstance(event["parent"], str) else None
            if parent is None:
                trouble = problem(409, "The request that asked for this has ended.", task.path)
        trouble = trouble or self.admit(task, event, parent)
        if trouble is not None:
            self.delivery.refuse(task, trouble)

    def duplicate(self, id: str, door: str):
        """A live id came again: the first keeps it."""
        task = self.state.tasks.live.get(id) or self.state.tasks.closing.get(id)
        self.state.log("warn", "a second request with the live id %s from %s was refused" % (id, clip(door, 40)))
        if task.door != door:
            self.delivery.refuse_id(door, id, "json", problem(409, "Another request with this id is being answered."))

    def read(self, event: dict, id: str, door: str, from_worker: bool) -> Task:
        """The task that the event describes, not yet admitted."""
        method = event.get("method")
        method = method.upper() if isinstance(method, str) and len(method) <= 10 else "?"
        path = event.get("path")
        path = path if isinstance(path, str) else ""
        query = event.get("query")
        query = query if isinstance(query, str) else ""
        task = Task(
            id, door, method, path[: MAX_PATH + 1], query[: MAX_QUERY + 1], read_headers(event.get("headers")), self.state.now
        )
        task.route = NOWHERE
        task.body_bytes = int(number(event.get("body_bytes"), 0, 0))
        task.source = id if task.body_bytes else None
        task.mode = "raw" if from_worker else answers.wish(task.headers)
        origins.read(task, event, from_worker)
        return task

    def admit(self, task: Task, event: dict, parent):
        """Let the task in, or return the problem that keeps it out."""
        state = self.state
        path = "/app/" if task.path == "/app" else task.path
        if len(path) > MAX_PATH or len(task.query) > MAX_QUERY:
            most = MAX_PATH if len(path) > MAX_PATH else MAX_QUERY
            return problem(414, "The address is longer than %d characters." % most)
        if len(path) > len("/app/") and path.endswith("/"):
            path = path[:-1]
        if not path.startswith("/app/"):
            return problem(404, "There is nothing at this address.", task.path)
        task.path = path
        route, params, allowed = state.table.match(task.method, path)
        barred = origins.barred(task, route)
        if barred is not None:
            return barred
        if route is None and not allowed:
            return problem(404, "There is nothing at this address.", path)
        if route is None:
            if task.method == "OPTIONS":
                self.delivery.reply_here(task, 204, {"allow": ", ".join(allowed)}, [])
                return None
            return problem(405, "%s is not possible here." % clip(task.method, 20), path, allow=allowed)
        task.slice = route.slice
        if route.faults and not state.faults:
            return problem(404, "Faults are not enabled here.", path)
        task.route = route
        task.params = params
        task.quiet = task.quiet or not route.use
        if self.answered_here(task):
            return None
        if task.slice in state.withheld:
            return problem(501, state.withheld[task.slice], path)
        if task.slice not in state.slices:
            detail = "There is nothing at this address: this pool has no slice %s." % clip(task.slice, 60)
            return problem(404, detail, path)
        most = state.numbers["max_body_bytes"]
        if task.body_bytes > most:
            detail = "The body has %d bytes; at most %d are taken." % (task.body_bytes, most)
            return problem(413, detail, path, limit_bytes=int(most))
        task.heavy, task.may_block_ms, deadline_ms = route.cost(params, task.body_bytes)
        if task.door.startswith("worker:"):
            # What spreads work by itself says which worker gets it, and how long that may stay silent over it.
            task.target = text(event.get("worker"))
            blocks = number(event.get("may_block_ms"), 0, 0, state.numbers["max_deadline_ms"])
            task.may_block_ms = max(task.may_block_ms, blocks)
        task.priority = self.priority(event, route, parent)
        task.deadline = self.deadline(event, deadline_ms, parent)
        if parent is not None:
            task.parent = parent
            task.child = True
            task.depth = parent.depth + 1
            task.quiet = parent.quiet
            if task.depth > state.numbers["max_depth"]:
                fault = state.new_fault()
                detail = "Requests of workers to workers are nested deeper than %d." % state.numbers["max_depth"]
                state.log("error", "%s %s %s: %s" % (fault, task.method, path, detail))
                return problem(508, detail, path, fault)
        if route.stops:
            self.stop_all(task)
        return self.fan_out(task) if route.parts else self.enqueue(task)

    def stop_all(self, task: Task):
        """End everything at the address that the route of ``task`` stops, whoever asked for it.

        A worker that does not let go within its grace, a short one, is replaced: so this also ends what blocks its worker, even the
        worker that is to answer ``task``.
        """
        address = task.route.stops
        for name in task.params:
            address = address.replace("{%s}" % name, task.params[name])
        for other in in_order(self.state.tasks.live.values()):
            if other.path != address or other is task:
                continue
            self.state.counts["cancelled"] += 1
            other.stopped = True
            if other.state == STREAMING:
                error = "stopped by %s %s" % (task.method, task.path)
                self.delivery.end_stream(other, error)
                self.delivery.drop(other, error)
            else:
                self.delivery.answer_problem(other, problem(409, "It was stopped.", other.path))

    def enqueue(self, task: Task):
        """Put a task in the queue, or return why there is no room."""
        state = self.state
        state.pool.lend(task.route.where, state.now, True)
        if not state.pool.hopeful(task.slice, task.route.where):
            return hopeless(task, state.pool)
        if not state.queue.room(1, task.body_bytes, task.priority, task.child):
            return full(task, state.queue)
        self.take_in(task)
        state.queue.put(task)
        return None

    def take_in(self, task: Task):
        """Into the book, and into its family: from now on it has to be answered."""
        self.state.tasks.add(task)
        parent = task.parent
        if parent is not None:
            parent.children[task.id] = task
            parent.asked_others = True
            if parent.worker is not None:
                parent.worker.book(parent)

    def fan_out(self, task: Task):
        """Split a task into its parts; parts whose slice is not configured are left out."""
        state = self.state
        parts = []
        for name, path in task.route.parts:
            route, params, _ = state.table.match("GET", path)
            if route is not None and route.slice in state.slices:
                parts.append((name, path, route, params))
        if not state.queue.room(len(parts), 0, task.priority, task.child):
            return full(task, state.queue)
        if task.mode == "raw":
            task.mode = "json" if answers.accepts_json(task.headers) else "fragment"
        task.state = JOINING
        task.fan_out = fan = FanOut(task, [part[0] for part in parts], {part[0]: part[1] for part in parts})
        self.take_in(task)
        headers = self.part_headers(task)
        late = parts_deadline(task.deadline, state.now)
        members = []
        for name, path, route, params in parts:
            part = Task(self.part_id(task.id, name), task.door, "GET", path, task.query, headers, state.now)
            part.mode = "raw"
            part.origin = task.origin
            part.navigated = task.navigated
            part.quiet = task.quiet
            part.route = route
            part.params = params
            part.slice = route.slice
            part.priority = task.priority
            part.deadline = late
            part.heavy, part.may_block_ms, _ = route.cost(params, 0)
            part.fan = fan
            part.part = name
            part.depth = task.depth
            part.child = task.child
            fan.tasks[name] = part
            state.tasks.add(part)
            members.append(part)
        for part in members:
            if state.pool.hopeful(part.slice, part.route.where):
                state.queue.put(part)
            else:
                part.state = JOINING  # it is nowhere yet: nothing has to take it out
                self.delivery.answer_problem(part, hopeless(part, state.pool))
        return None

    def part_id(self, id: str, name: str) -> str:
        """An id for a part that nobody else uses."""
        id = id + "/" + name
        while self.state.tasks.known(id):
            id += "+"
        return id

    def part_headers(self, task: Task) -> dict:
        """What a part is asked with: the client's headers, but one kind of answer."""
        headers = {name: task.headers[name] for name in task.headers if not name.startswith("content-")}
        if task.mode == "json":
            headers["accept"] = "application/json"
            headers.pop("hx-request", None)
        else:
            headers["accept"] = "text/html"
            headers["hx-request"] = "true"
        return headers

    def priority(self, event: dict, route: Route, parent) -> str:
        """What the door says, else the parent's, else the route's. A child cannot rise above its parent."""
        given = event.get("priority")
        if parent is not None:
            return BACKGROUND if given == BACKGROUND else parent.priority
        return given if given in (CLICK, BACKGROUND) else BACKGROUND if route.background else CLICK

    def deadline(self, event: dict, route_ms, parent) -> float:
        """Absolute: the door's ``deadline`` or ``within_ms``, else the route's, never beyond the bound or the
        parent's.
        """
        within = number(event.get("within_ms"), None, 0)
        asked = number(event.get("deadline"), None, 0)
        if within is not None:
            asked = self.state.now + within
        if parent is not None and parent.state == STREAMING and within is None:
            asked = None  # the deadline that a stream passes on was for its opening
        if asked is None:
            asked = self.state.now + (route_ms if route_ms is not None else self.state.numbers["deadline_ms"])
        asked = min(asked, self.state.now + self.state.numbers["max_deadline_ms"])
        if parent is not None and parent.state != STREAMING:
            asked = min(asked, parent.deadline)
        return asked

    def answered_here(self, task: Task) -> bool:
        """The pool's state is told by the router itself as JSON, and as HTML when nobody could render it."""
        if not task.route.here:
            return False
        state = self.state
        json = answers.accepts_json(task.headers)
        if not json and task.slice in state.slices and (state.pool.ready_count() or state.pool.state() == "booting"):
            return False  # while the pool boots it waits like any other page, and the boot screen stands meanwhile
        if json:
            headers = {"content-type": "application/json"}
            pieces = [{"text": dumps(state.report())}]
        else:
            headers, pieces = answers.page(state.shell, task.mode, "Pool", report.as_html(state.report()))
        self.delivery.reply_here(task, 200, headers, pieces)
        return True
