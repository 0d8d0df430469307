"""A Kevery for databases that have logs in them: keripy's own, and Kevers that were read back get the place for their cues.

`Baser.kevers` makes a Kever from its stored state the first time that it is asked for; that one has `cues=None`, and keripy
1.3.6 pushes a cue from within it when an event lacks witness signatures or its delegator's event: AttributeError, and the event
is neither accepted nor kept. Whoever feeds events to a Kevery over such a database takes this one.
"""

from __future__ import annotations

from typing import Any

__all__ = ["kevery"]


def kevery(**kwa: Any) -> Any:
    """keripy's Kevery of these arguments, for whom no event is lost."""
    from keri.core import eventing

    class Kevery(eventing.Kevery):
        def processEvent(self, serder: Any, *args: Any, **kwa: Any) -> None:
            """As keripy's; its escrows come here as well."""
            if serder.pre in self.kevers and self.kevers[serder.pre].cues is None:
                self.kevers[serder.pre].cues = self.cues
            super().processEvent(serder, *args, **kwa)

    return Kevery(**kwa)
