"""The router's policy: an event and the time go in, commands come out. No I/O, no clock of its own, nothing that
raises.

A request is *accepted* into a task; the task waits in the queue, is dispatched to a worker, and gets exactly one final
answer at or before its deadline: the worker's reply or a problem of our own. Everything that a task leaves behind is
gone when it is answered, except that a worker that has to let go of it is watched until it does.

``handle_json`` is the door for the JavaScript host: one string in, one string out.
"""

import json

from router.policy.envelope import read_config, read_slices, text, whole, withheld
from router.policy.hands.admission import Admission
from router.policy.hands.commands import Commands
from router.policy.hands.delivery import Delivery
from router.policy.hands.dispatching import Dispatcher
from router.policy.hands.listening import Listener
from router.policy.http.shell import Shell
from router.policy.outside import gate
from router.policy.pool.pool import Pool
from router.policy.pool.postponed import Postponed
from router.policy.pool.snapshot import Snapshot
from router.policy.protocol import TOLD
from router.policy.queueing import Queue
from router.policy.routes import gather
from router.policy.routing import Table
from router.policy.state import State
from router.policy.text import clip


class Router:
    """The state machine. ``handle(event)`` returns the commands for the host, in the order in which they are to be
    done.
    """

    def __init__(self, table=None):
        self.gathers = table is None
        self.state = state = State(Table(table or []))
        self.delivery = Delivery(state)
        self.admission = Admission(state, self.delivery)
        self.dispatcher = Dispatcher(state, self.delivery)
        self.listener = Listener(state, self.delivery)
        commands = Commands(state, self.delivery)
        self.events = {
            "request": self.admission.on_request,
            "reply": self.delivery.on_reply,
            "tick": self.dispatcher.on_tick,
            "cancel": commands.on_cancel,
            "door_closed": commands.on_door_closed,
            "resize": commands.on_resize,
            "inject": commands.on_inject,
            "snapshot": lambda event: state.snapshot.on_told(event),
            "postponed": lambda event: state.postponed.on_fetched(event, state.now),
        }
        for kind in TOLD:
            self.events[kind] = self.listener.on_worker
        for kind in gate.EVENTS:
            self.events[kind] = lambda event: state.gate.take(event, state.pool.current(event), state.now)

    def handle(self, event) -> list:
        """Take one event; returns the commands that follow from it. Never raises."""
        try:
            self.take(event)
        except Exception as error:
            self.delivery.failed(error, event)
        try:
            self.dispatcher.settle()
        except Exception as error:
            self.delivery.failed(error, None)
        return self.state.taken()

    def take(self, event):
        """Give the event to the hand that deals with its kind."""
        state = self.state
        if not isinstance(event, dict):
            state.log("warn", "an event that is no object was ignored")
            return
        self.dispatcher.advance(event.get("now"))
        kind = event.get("type")
        if state.pool is None:
            if kind == "init":
                self.on_init(event)
            elif kind == "request":
                self.delivery.refuse_raw(event, 503, "The router has not started yet.", retry_after=1)
            elif kind != "tick":
                state.log("warn", "%s before init was ignored" % clip(kind, 40))
            return
        hand = self.events.get(kind) if isinstance(kind, str) else None
        if hand is None:
            state.log("warn", "an unknown event %s was ignored" % clip(kind, 40))
        else:
            hand(event)

    def on_init(self, event: dict):
        """Configure and start the pool."""
        state = self.state
        config = event.get("config")
        config = config if isinstance(config, dict) else {}
        numbers, missing = read_config(config.get("pool"))
        if missing:
            state.emit({"do": "fail", "reason": "pyscript.toml: " + "; ".join(missing)})
            return
        state.numbers = numbers
        state.slices, complaints = read_slices(config.get("slices"))
        state.withheld = withheld(event.get("withheld"))
        for name in state.withheld:
            state.slices.pop(name, None)
        state.faults = event.get("faults") is True
        state.fixed = event.get("fixed") is True
        state.shell = Shell(event.get("shell"), text(event.get("base"), "/", 2000), text(config.get("name"), ""))
        if self.gathers and state.slices:
            complaints += gather(config["slices"], state.table.add)
        for line in complaints + state.shell.complaints:
            state.log("warn", line)
        cores = whole(event.get("cores"), 2, 1)
        state.started_at = state.now
        state.queue = Queue(numbers["max_queue"], numbers["max_queue_bytes"], numbers["aging_ms"])
        state.snapshot = Snapshot(numbers["snapshot_idle_ms"], state.emit, state.log)
        state.postponed = Postponed(event.get("warm") is True, state.emit, state.log)
        state.gate = gate.Gate(state.emit, state.forget, state.log, event.get("secure") is True)
        lost = self.listener.on_lost
        state.pool = Pool(numbers, state.slices, max(1, cores // 2), state.emit, lost, self.listener.close_streams, state.log)
        state.pool.resize(self.size(event.get("workers"), cores), state.now)

    def size(self, given, cores: int) -> int:
        """How many workers: what the page says, else the machine's cores, at least 2, at most 8."""
        most = self.state.numbers["max_workers"]
        if isinstance(given, str) and len(given) < 4 and given.isdigit():  # ?workers=4 comes as it stands in the address
            given = int(given)
        size = whole(given, None, 1, most)
        if size is None:
            size = min(most, max(2, min(8, cores)))
            if given is not None:
                self.state.log("warn", "workers must be a number from 1 to %d; %d are started" % (most, size))
        return size


ROUTER = Router()


def handle_json(given: str) -> str:
    """JSON of one event (or an array of events) in, JSON of the commands out. Never raises."""
    try:
        events = json.loads(given)
    except (ValueError, TypeError) as error:
        return json.dumps(
            [{"do": "log", "level": "error", "text": "an event that is no JSON was ignored: %s" % clip(error, 200)}]
        )
    out = []
    for event in events if isinstance(events, list) else [events]:
        out.extend(ROUTER.handle(event))
    return json.dumps(out)
