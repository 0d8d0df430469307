"""What the wallet refuses, as HTTP errors: each carries what a program needs (`extra`) and a form that helps a person."""

from __future__ import annotations

from typing import Any

import falcon
from keriwasm.web.form.errors import FieldError

__all__ = ["Exists", "Locked", "Moved", "NoIdentifier", "NoWallet", "TooSoon", "WrongPasscode"]


class Locked(falcon.HTTPError):
    """423: the wallet is locked. The fragment has the form that unlocks it and comes back."""

    template = "fragments/wallet/locked.html"
    explains = True  # as a page: where somebody goes, it is 200 (keriwasm.web.problems)

    def __init__(self, name: str, reason: str = "") -> None:
        """name: the wallet's; reason: why it is locked, when it locked itself."""
        told = f"The wallet is locked: {reason}" if reason else "The wallet is locked."
        super().__init__(423, title="The wallet is locked", description=f"{told} Unlock it with its passcode to go on.")
        self.extra: dict[str, Any] = {"wallet": name, "reason": reason, "unlock": "app/wallet/unlock"}


class NoWallet(falcon.HTTPConflict):
    """409: there is no wallet yet."""

    template = "fragments/wallet/none.html"
    explains = True

    def __init__(self) -> None:
        super().__init__(
            title="There is no wallet yet", description="Create a wallet first, or restore one from a backup."
        )
        self.extra = {"create": "app/wallet"}


class Exists(falcon.HTTPConflict):
    """409: there is one already."""

    def __init__(self, name: str) -> None:
        super().__init__(
            title="There is a wallet already",
            description=f"This browser keeps one wallet, and it has one named {name}. Delete that one first.",
        )


class Moved(falcon.HTTPConflict):
    """409: the key event log has moved on since the form was made; nothing was done."""

    def __init__(self, expected: int, sn: int) -> None:
        super().__init__(
            title="The key event log has moved on",
            description=f"This form was made after event {expected}, but the log has event {sn} already. Nothing was "
            "added now: look at the log, then decide again.",
        )
        self.extra = {"expected": expected, "sn": sn}


class NoIdentifier(falcon.HTTPNotFound):
    """404: no such identifier in this wallet."""

    def __init__(self, aid: str) -> None:
        super().__init__(
            title="No such identifier",
            description=f"This wallet holds no identifier {aid[:80]}. Choose one from the list of identifiers.",
        )


class WrongPasscode(FieldError):
    """422: not the passcode. Says how many tries were wrong in a row and when the next is possible."""

    def __init__(self, field: str, failures: int, wait: float) -> None:
        """wait: seconds until the next try."""
        tries = "1 wrong try" if failures == 1 else f"{failures} wrong tries in a row"
        then = f"the next is possible in {duration(wait)}" if wait > 0 else "try again"
        super().__init__(field, f"is not this wallet's passcode ({tries}; {then})")
        self.title = "That is not the passcode"
        self.extra |= {"failures": failures, "retry_after": round(wait)}
        self.headers = {"Retry-After": str(round(wait))}


class TooSoon(falcon.HTTPTooManyRequests):
    """429: wrong passcodes were given before, and the wait after them is not over. This passcode was not looked at."""

    def __init__(self, field: str, failures: int, wait: float) -> None:
        seconds = max(1, round(wait))
        reason = f"was not looked at: after {failures} wrong tries the next is possible in {duration(wait)}"
        super().__init__(
            title="Too soon after wrong passcodes",
            description=f"{field}: {reason}",
            headers={"Retry-After": str(seconds)},
        )
        self.extra = {
            "field": field,
            "reason": reason,
            "errors": [{"field": field, "reason": reason}],
            "failures": failures,
            "retry_after": seconds,
        }


def duration(seconds: float) -> str:
    """Whole seconds or minutes, for people."""
    whole = max(1, round(seconds))
    return f"{whole} s" if whole < 120 else f"{round(whole / 60)} min"
