"""How a request comes in: checked, matched, bounded, given its deadline, and put in the queue. Or refused, with the
reason.
"""

from router.policy.envelope import MAX_PATH, MAX_QUERY, number, read_headers, text
from router.policy.fan_out import FanOut, parts_deadline
from router.policy.http import answers, origins
from router.policy.http.problems import problem
from router.policy.pool import report as poolview
from router.policy.routes import Route
from router.policy.tasks import BACKGROUND, CLICK, JOINING, STREAMING, Task, in_order
from router.policy.text import clip

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
# for tasks that are answered before a route was found
NOWHERE = Route("GET", "/app/", slice="")


class Admission:
    """The part of the router that takes requests in; ``Router`` supplies the rest."""

    def on_request(self, event: dict):
        """A door or a worker asks for something."""
        id = text(event.get("id"))
        door = text(event.get("door"))
        if id is None or door is None:
            self.log("warn", "a request without id or door was ignored")
            return
        if self.tasks.known(id):
            self.duplicate(id, door)
            return
        worker = parent = None
        if door.startswith("worker:"):
            worker = self.pool.get(door[len("worker:") :])
            generation = event.get("generation")
            if worker is None or not worker.alive() or (generation is not None and generation != worker.generation):
                self.log("warn", "a request of the lost worker %s was ignored" % clip(door, 40))
                self.forget(id)
                return
            self.pool.heard(worker, self.now)
        task = self.read(event, id, door, worker is not None)
        self.tasks.number(task)
        if worker is not None and event.get("parent") is not None:
            parent = worker.running.get(event["parent"]) if isinstance(event["parent"], str) else None
            if parent is None:
                self.refuse(task, 409, "The request that asked for this has ended.")
                return
        trouble = self.admit(task, event, parent)
        if trouble is not None:
            self.refuse_with(task, trouble)

    def duplicate(self, id: str, door: str):
        """A live id came again: the first keeps it."""
        task = self.tasks.live.get(id) or self.tasks.closing.get(id)
        self.log("warn", "a second request with the live id %s from %s was refused" % (id, clip(door, 40)))
        if task.door != door:
            given = problem(409, "Another request with this id is being answered.")
            headers, pieces = answers.error_body(self.shell, "json", given, "GET", "")
            self.reply(Task(id, door, "GET", "", "", {}, self.now), 409, answers.stamp(headers, [], {}, 0), pieces)

    def read(self, event: dict, id: str, door: str, from_worker: bool) -> Task:
        """The task that the event describes, not yet admitted."""
        method = event.get("method")
        method = method.upper() if isinstance(method, str) and len(method) <= 10 else "?"
        path = event.get("path")
        path = path if isinstance(path, str) else ""
        query = event.get("query")
        query = query if isinstance(query, str) else ""
        task = Task(
            id, door, method, path[: MAX_PATH + 1], query[: MAX_QUERY + 1], read_headers(event.get("headers")), self.now
        )
        task.route = NOWHERE
        task.body_bytes = int(number(event.get("body_bytes"), 0, 0))
        task.source = id if task.body_bytes else None
        task.mode = "raw" if from_worker else answers.wish(task.headers)
        origins.read(task, event, from_worker)
        return task

    def admit(self, task: Task, event: dict, parent):
        """Let the task in, or return the problem that keeps it out."""
        numbers = self.numbers
        path = "/app/" if task.path == "/app" else task.path
        if len(path) > MAX_PATH or len(task.query) > MAX_QUERY:
            return problem(
                414, "The address is longer than %d characters." % (MAX_PATH if len(path) > MAX_PATH else MAX_QUERY)
            )
        if len(path) > len("/app/") and path.endswith("/"):
            path = path[:-1]
        if not path.startswith("/app/"):
            return problem(404, "There is nothing at this address.", task.path)
        task.path = path
        route, params, allowed = self.table.match(task.method, path)
        barred = origins.barred(task, route)
        if barred is not None:
            return barred
        if route is None and not allowed:
            return problem(404, "There is nothing at this address.", path)
        if route is None:
            if task.method == "OPTIONS":
                self.reply(task, 204, answers.stamp({"allow": ", ".join(allowed)}, [], {}, 0), [])
                self.forget(task.id)
                return None
            return problem(405, "%s is not possible here." % clip(task.method, 20), path, allow=allowed)
        task.slice = route.slice
        if route.faults and not self.faults:
            return problem(404, "Faults are not enabled here.", path)
        task.route = route
        task.params = params
        task.quiet = task.quiet or not route.use
        if self.answered_here(task):
            return None
        if task.slice not in self.slices:
            return problem(
                404, "There is nothing at this address: this pool has no slice %s." % clip(task.slice, 60), path
            )
        if task.body_bytes > numbers["max_body_bytes"]:
            return problem(
                413,
                "The body has %d bytes; at most %d are taken." % (task.body_bytes, numbers["max_body_bytes"]),
                path,
                limit_bytes=int(numbers["max_body_bytes"]),
            )
        heavy, may_block_ms, deadline_ms = route.cost(params, task.body_bytes)
        task.heavy = heavy
        task.may_block_ms = may_block_ms
        if task.door.startswith("worker:"):
            # What spreads work by itself says which worker gets it, and how long that may stay silent over it.
            task.target = text(event.get("worker"))
            blocks = number(event.get("may_block_ms"), may_block_ms, 0, numbers["max_deadline_ms"])
            task.may_block_ms = max(may_block_ms, blocks)
        task.priority = self.priority(event, route, parent)
        task.deadline = self.deadline(event, deadline_ms, parent)
        if parent is not None:
            task.parent = parent
            task.child = True
            task.depth = parent.depth + 1
            task.quiet = parent.quiet
            if task.depth > numbers["max_depth"]:
                task.parent = None
                fault = self.new_fault()
                detail = "Requests of workers to workers are nested deeper than %d." % numbers["max_depth"]
                self.log("error", "%s %s %s: %s" % (fault, task.method, path, detail))
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
        for other in in_order(self.tasks.live.values()):
            if other.path != address or other is task:
                continue
            self.counts["cancelled"] += 1
            other.stopped = True
            if other.state == STREAMING:
                error = "stopped by %s %s" % (task.method, task.path)
                self.out.append({"do": "end", "door": other.door, "id": other.id, "error": error})
                self.drop(other, error)
            else:
                self.answer_problem(other, problem(409, "It was stopped.", other.path))

    def enqueue(self, task: Task):
        """Put a task in the queue, or return why there is no room."""
        self.lend(task, True)
        if not self.pool.hopeful(task.slice, task.route.where):
            task.parent = None
            return self.hopeless(task)
        if not self.queue.room(1, task.body_bytes, task.priority, task.child):
            task.parent = None
            return self.full(task)
        self.tasks.add(task)
        if task.parent is not None:
            task.parent.children[task.id] = task
            task.parent.asked_others = True
            if task.parent.worker is not None:
                task.parent.worker.book(task.parent)
        self.queue.put(task)
        return None

    def lend(self, task: Task, anew: bool):
        """See to it that there will be a worker for what w1 must not see."""
        where = task.route.where
        if where == "others" or (where == "keyless" and not self.pool.get("w1").stands(where)):
            self.pool.lend(self.now, anew)

    def fan_out(self, task: Task):
        """Split a task into its parts; parts whose slice is not configured are left out."""
        child = task.child
        parts = []
        for name, path in task.route.parts:
            route, params, _ = self.table.match("GET", path)
            if route is not None and route.slice in self.slices:
                parts.append((name, path, route, params))
        if not self.queue.room(len(parts), 0, task.priority, child):
            task.parent = None
            return self.full(task)
        if task.mode == "raw":
            task.mode = "json" if answers.accepts_json(task.headers) else "fragment"
        task.state = JOINING
        task.fan_out = fan = FanOut(task, [part[0] for part in parts], {part[0]: part[1] for part in parts})
        self.tasks.add(task)
        if child:
            task.parent.children[task.id] = task
            task.parent.asked_others = True
            if task.parent.worker is not None:
                task.parent.worker.book(task.parent)
        headers = self.part_headers(task)
        late = parts_deadline(task.deadline, self.now)
        members = []
        for name, path, route, params in parts:
            part = Task(self.part_id(task.id, name), task.door, "GET", path, task.query, headers, self.now)
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
            part.child = child
            fan.tasks[name] = part
            self.tasks.add(part)
            members.append(part)
        for part in members:
            if self.pool.hopeful(part.slice, part.route.where):
                self.queue.put(part)
            else:
                part.state = JOINING  # it is nowhere yet: nothing has to take it out
                self.answer_problem(part, self.hopeless(part))
        return None

    def part_id(self, id: str, name: str) -> str:
        """An id for a part that nobody else uses."""
        id = id + "/" + name
        while self.tasks.known(id):
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
            asked = self.now + within
        if parent is not None and parent.state == STREAMING and within is None:
            asked = None  # the deadline that a stream passes on was for its opening
        if asked is None:
            asked = self.now + (route_ms if route_ms is not None else self.numbers["deadline_ms"])
        asked = min(asked, self.now + self.numbers["max_deadline_ms"])
        if parent is not None and parent.state != STREAMING:
            asked = min(asked, parent.deadline)
        return asked

    def answered_here(self, task: Task) -> bool:
        """The pool's state is told by the router itself as JSON, and as HTML when nobody could render it."""
        if not task.route.here:
            return False
        json = answers.accepts_json(task.headers)
        if not json and task.slice in self.slices and (self.pool.ready_count() or self.pool.state() == "booting"):
            return False  # while the pool boots it waits like any other page, and the boot screen stands meanwhile
        shot = self.snapshot()
        if json:
            headers = {"content-type": "application/json"}
            pieces = [{"text": poolview.as_json(shot)}]
        else:
            headers = {"content-type": "text/html; charset=utf-8", "x-title": "Pool%20%C2%B7%20KeriWasm"}
            pieces = [{"text": poolview.as_html(shot)}]
            if task.mode == "page":
                pieces = answers.wrapped(self.shell, headers, pieces)
        self.reply(task, 200, answers.stamp(headers, [], {}, 0), [] if task.method == "HEAD" else pieces)
        self.forget(task.id)
        return True

    # --- refusals -----------------------------------------------------------------------------------------------------

    def full(self, task: Task) -> dict:
        """503: the queue has reached its bound."""
        detail = "The queue is full: %d requests wait for a worker." % len(self.queue)
        return problem(503, detail, task.path, retry_after=1)

    def hopeless(self, task: Task) -> dict:
        """503: nobody is there or will be."""
        broken = [worker for worker in self.pool.workers if worker.last_error]
        detail = "No worker can serve the slice %s" % clip(task.slice, 60)
        if task.route.where in ("others", "keyless"):
            detail = "What others made is looked at by a worker that holds no keys, and none could be started"
        if self.pool.state() == "failed":
            detail = "The pool failed: no worker could start"
        if broken:
            detail += "; %s said: %s" % (broken[0].id, broken[0].last_error)
        return problem(503, detail + ". Reloading the page starts it anew.", task.path, retry_after=30)

    def refuse(self, task: Task, status: int, detail: str):
        """Answer a task that was not let in."""
        self.refuse_with(task, problem(status, detail, task.path))

    def refuse_with(self, task: Task, given: dict):
        """Answer a task that was not let in with its problem."""
        self.counts["refused"] += 1
        headers, pieces = answers.error_body(self.shell, task.mode, given, task.method, task.href())
        answers.stamp(headers, task.workers, {}, self.now - task.received_at)
        self.reply(task, given["status"], headers, [] if task.method == "HEAD" else pieces)
        self.forget(task.id)

    def refuse_raw(self, event: dict, status: int, detail: str, fault: str = "", retry_after=None):
        """Answer an event for which there is no task."""
        id = text(event.get("id"))
        door = text(event.get("door"))
        if id is None or door is None:
            return
        headers = read_headers(event.get("headers"))
        mode = "raw" if door.startswith("worker:") else answers.wish(headers)
        given = problem(status, detail, "", fault, retry_after=retry_after)
        headers, pieces = answers.error_body(self.shell, mode, given, "POST", "")
        self.reply(Task(id, door, "GET", "", "", {}, self.now), status, answers.stamp(headers, [], {}, 0), pieces)
        self.forget(id)
