"""What a pool worker is made of: its host, scheduler, Doers, application, pool and storage."""

from __future__ import annotations

import asyncio
import itertools
import traceback
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

import falcon

from keriwasm import PROTOCOL
from keriwasm.disk.disk import Disk
from keriwasm.disk.doers import Compactor, DiskDoer
from keriwasm.disk.errors import DiskRefused
from keriwasm.disk.pyscript_storage import FlushDoer, Storages
from keriwasm.runtime.scheduling import WakingDoist
from keriwasm.web.form import tokens
from keriwasm.web.outside import Outside
from keriwasm.web.pool_client import PoolClient
from keriwasm.web.template_warming import WarmDoer
from keriwasm.worker.draining import DrainDoer
from keriwasm.worker.heartbeat import HeartbeatDoer
from keriwasm.worker.inbox import InboxDoer
from keriwasm.worker.once import Once
from keriwasm.worker.request import RequestDoer

if TYPE_CHECKING:
    from keriwasm.disk.backing import Backing as DiskBacking
    from keriwasm.disk.pyscript_storage import Backing
    from keriwasm.runtime.context import Host, Message
    from keriwasm.worker.settings import Settings

T = TypeVar("T")


class Worker:
    """One pool worker. A slice's `mount(app, worker)` sees its public attributes.

    Attributes:
        id (str), generation (int), slices (list of names), faults (bool), settings
        host: the wall to JavaScript; doist: the scheduler
        pool: asks other workers; outside: asks other servers; storage: named stores in IndexedDB; disk: what lmdb keeps there
        inflight: request id -> RequestDoer, click and background alike
        handled, failed: requests answered so far, and those of them with a status of 500 or above
        once: what is under way, or was just done, by the key of a form
        holders: who holds what a replacement would lose (an unlocked wallet, a run of suites): while there are any, it is
            not replaced for its size
    """

    def __init__(
        self, host: Host, settings: Settings, backing: Backing | None = None, disk: DiskBacking | None = None
    ) -> None:
        """backing, disk: where stores live, and lmdb's data; None where there is no IndexedDB (opening then raises)."""
        self.doist = WakingDoist(fault=self._doer_died)
        self.inbox = InboxDoer(self)
        self.storage = Storages(self.doist)
        self.disk = Disk(self.doist)
        self.become(host, settings, backing, disk)
        self.pool = PoolClient(self)
        self.outside = Outside(self)
        self.once = Once(self)
        self.app: falcon.App | None = None
        self.inflight: dict[str, RequestDoer] = {}
        self.handled = 0
        self.failed = 0
        self.throw_next = 0
        self.holders: set[object] = set()
        self._fault_numbers = itertools.count(1)
        self._shared: dict[Callable[[Any], Any], Any] = {}

    def become(
        self, host: Host, settings: Settings, backing: Backing | None = None, disk: DiskBacking | None = None
    ) -> None:
        """Say who this worker is, before it runs; parameters as above. Again for one that was made ahead (keriwasm.snapshot.premade)."""
        self.host = host
        self.settings = settings
        self.id = settings.id
        self.generation = settings.generation
        self.faults = settings.faults
        self.slices = list(settings.slices)
        tokens.use(settings.form)
        self.doist.name = f"{self.id}.{self.generation}"
        self.storage.backing = backing
        self.disk.backing = disk

    async def run(self) -> None:
        """Run the Doers until the worker is ended. An essential Doer's death is posted as fatal, then raised."""
        self.disk.report = lambda ex: self.fault(ex, about={"type": "disk"})
        self.disk.guard = self._guard
        own = [HeartbeatDoer(self, self.settings.heartbeat_ms), self.inbox, FlushDoer(self), DiskDoer(self)]
        own += [Compactor(self), WarmDoer(self)]
        self.doist.doers[:0] = own  # slices may have added Doers of theirs while they were mounted
        try:
            await self.doist.ado()
        except asyncio.CancelledError:  # whoever cancels the task wants the worker to end
            raise
        except BaseException as ex:
            self.fault(ex, fatal=True)
            raise

    def post(self, type: str, content: bytes | None = None, /, **fields: Any) -> None:
        """Post an envelope of our protocol in this worker's name; `content` travels as its body."""
        message = {"v": PROTOCOL, "type": type, **fields}
        if type.startswith("worker:"):
            message.update(id=self.id, generation=self.generation)
        self.host.post(message, content)

    def fault(self, ex: BaseException, *, fatal: bool = False, about: Message | None = None) -> str:
        """Report an exception with its traceback to the log; returns the id under which it stands there.

        The traceback leaves by this message only: answers carry the id.
        """
        number = f"{self.id}.{self.generation}-{next(self._fault_numbers)}"
        about = about or {}
        self.post(
            "worker:fault",
            fault=number,
            fatal=fatal,
            error={
                "type": type(ex).__name__,
                "message": str(ex),
                "traceback": "".join(traceback.format_exception(ex)),
            },
            about={key: about[key] for key in ("type", "id", "method", "path") if key in about},
        )
        return number

    def shared(self, make: Callable[[Any], T]) -> T:
        """The one object of this class in this worker; made, with the worker, by the first who asks."""
        if make not in self._shared:
            self._shared[make] = make(self)
        return self._shared[make]

    # -- what the inbox hands over --------------------------------------------------------------------------------

    def begin(self, message: Message, body: bytes) -> None:
        """Give a request a Doer of its own. Raises ValueError for an id that is in flight already."""
        id = message["id"]
        if id in self.inflight:
            raise ValueError(f"request {id!r} is in flight already")
        doer = RequestDoer(self, message, body)
        self.inflight[id] = doer
        self.doist.extend([doer])

    def end(self, doer: RequestDoer, status: int) -> None:
        """A RequestDoer has ended: count it (status 0: cancelled)."""
        if self.inflight.get(doer.id) is doer:
            del self.inflight[doer.id]
        if status:
            self.handled += 1
            self.failed += status >= 500

    def credit(self, id: str, n: int) -> None:
        """The consumer of a stream allows n more chunks; one for a stream that has ended meanwhile means nothing."""
        doer = self.inflight.get(id)
        if doer is not None:
            doer.credit += n
            self.doist.wake(doer)

    def cancel(self, id: str, reason: str) -> None:
        """Close a request's Doer, and with it its children; answers http:cancelled also when it had ended already."""
        doer = self.inflight.get(id)
        if doer is not None:
            doer.reason = reason
            self.doist.remove([doer])
        self.post("http:cancelled", id=id)

    def drain(self) -> None:
        """Finish the work in flight, end open streams, write what is not on disk, then post worker:drained."""
        for doer in list(self.inflight.values()):
            if doer.streaming:
                doer.ending = True
                self.doist.wake(doer)
        self.doist.extend([DrainDoer(self)])

    def inject(self, kind: str, ms: float) -> None:
        """Do damage on purpose: hang, crash, throw (the next request) or slow (burn `ms` in the foreground).

        Raises PermissionError unless faults were enabled at boot, ValueError for another kind.
        """
        if not self.faults:
            raise PermissionError("fault injection is not enabled")
        match kind:
            case "hang":
                while True:
                    pass
            case "crash":
                self.host.crash(f"worker {self.id} was told to crash")
            case "throw":
                self.throw_next += 1
            case "slow":
                from keriwasm.worker.faults import SlowDoer

                self.doist.extend([SlowDoer(ms / 1000)])
            case other:
                raise ValueError(f"no fault of kind {other!r}")

    # -- private --------------------------------------------------------------------------------------------------

    def _doer_died(self, doer: Any, ex: BaseException) -> None:
        if isinstance(doer, RequestDoer) and doer.reported:
            return  # it has said so itself, with its answer
        about = doer.message if isinstance(doer, RequestDoer) else {"type": type(doer).__name__}
        self.fault(ex, about=about)

    def _guard(self, refusal: type[Exception]) -> None:
        """lmdb's own refusal of a write answers 507 as well."""

        def refused(req: Any, rep: Any, ex: Exception, params: Any) -> NoReturn:
            raise DiskRefused(str(self.disk.trouble or ex)) from ex

        if self.app is not None:
            self.app.add_error_handler(refusal, refused)
