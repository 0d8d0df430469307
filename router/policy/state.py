"""What the router's hands share: the clock, the tasks, the queue, the pool; and the commands that the present event has led to."""

from router.policy.http.shell import Shell
from router.policy.pool import report
from router.policy.tasks import Tasks


class State:
    """Whatever the router remembers. ``queue``, ``pool``, ``snapshot``, ``postponed`` and ``gate`` are there from the init on."""

    def __init__(self, table):
        self.table = table
        self.tasks = Tasks()
        self.queue = self.pool = self.snapshot = self.postponed = self.gate = None
        self.numbers = {}
        self.slices = {}
        self.withheld = {}  # slices of the app that this host does not run -> why
        self.faults = False
        self.fixed = False  # nobody who asks may change the number of workers
        self.shell = Shell(None, "./")
        self.now = 0.0
        self.started_at = None
        self.fault_count = 0
        self.counts = {"handled": 0, "retried": 0, "timeouts": 0, "cancelled": 0, "refused": 0}
        self.commands = []
        self.forgotten = []  # ids whose bodies the host may drop once it has done the commands

    def emit(self, command: dict):
        """Have the host do something, after all that it was told before."""
        self.commands.append(command)

    def log(self, level: str, line: str):
        """Emit a line for the console."""
        self.commands.append({"do": "log", "level": level, "text": line})

    def forget(self, id: str):
        """Let the host drop the bodies stored under ``id``."""
        if id not in self.forgotten:
            self.forgotten.append(id)

    def taken(self) -> list:
        """The commands of this event; the next one starts without any."""
        commands = self.commands
        self.commands = []
        if self.forgotten:
            commands.append({"do": "forget", "ids": self.forgotten})
            self.forgotten = []
        return commands

    def new_fault(self) -> str:
        """A fault id that the console can be searched for: ``f-<count>-<time in hex>``."""
        self.fault_count += 1
        return "f-%d-%x" % (self.fault_count, int(self.now) % 0x100000000)

    def report(self) -> dict:
        """How the pool stands."""
        return report.of(self)
