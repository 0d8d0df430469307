"""Inputs and a button in a cell's output, that call a function of the cell again:

    @controls(mu=1.0, sigma=1.0, button="Plot")
    def bell(mu, sigma):
        return chart(mu, sigma)

What a default is says what its input takes: a whole number, a number, yes or no, text, or one of a tuple. Each time the button is
pressed the function gets what stands in them, and what it prints, shows and returns stands below, as of a cell.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from keriwasm.web.form.errors import FieldError

__all__ = ["Control", "Panel", "panel"]

TEXT_MOST = 10_000
OPTIONS_MOST = 500
CONTROLS_MOST = 50


@dataclass(frozen=True)
class Control:
    """One input. kind: "whole", "number", "check", "choice" or "text"; options: what a choice is of."""

    name: str
    kind: str
    default: Any
    options: tuple[Any, ...] = ()

    @property
    def label(self) -> str:
        return self.name.replace("_", " ")

    def read(self, value: Any) -> Any:
        """What the input says, as Python has it. Raises FieldError that names it."""
        if self.kind == "check":
            if not isinstance(value, bool):
                raise FieldError(self.name, "must be yes or no")
            return value
        if not isinstance(value, str) or len(value) > TEXT_MOST:
            raise FieldError(self.name, f"must be text of at most {TEXT_MOST:,} characters")
        if self.kind == "text":
            return value
        if self.kind == "choice":
            for number, option in enumerate(self.options):
                if value == str(number):
                    return option
            raise FieldError(self.name, "must be one of its options")
        try:
            number = int(value) if self.kind == "whole" else float(value)
        except ValueError:
            raise FieldError(self.name, "must be a whole number" if self.kind == "whole" else "must be a number") from None
        if self.kind == "number" and not math.isfinite(number):
            raise FieldError(self.name, "must be a finite number")
        return number


@dataclass(frozen=True)
class Panel:
    """The inputs of one function. id: of its place in the page; cell: the id of the cell that made it."""

    id: str
    cell: str
    function: Callable[..., Any]
    controls: tuple[Control, ...]
    button: str

    def read(self, values: Any) -> dict[str, Any]:
        """The function's arguments. Raises FieldError."""
        if not isinstance(values, dict):
            raise FieldError("values", "must be an object: name of an input, and what it says")
        return {each.name: each.read(values.get(each.name)) for each in self.controls}

    def __str__(self) -> str:
        given = ", ".join(f"{each.name}={each.default!r}" for each in self.controls)
        return f"[{self.button}] {given} (run the cell, then it can be used)"


def control(name: str, default: Any) -> Control:
    """The input that a default asks for. Raises TypeError for one that says nothing."""
    match default:
        case bool():
            return Control(name, "check", default)
        case int():
            return Control(name, "whole", default)
        case float():
            return Control(name, "number", default)
        case str():
            return Control(name, "text", default)
        case tuple() | list() if 0 < len(default) <= OPTIONS_MOST:
            return Control(name, "choice", default[0], tuple(default))
    raise TypeError(f"controls: {name} must be a number, a text, a bool, or a tuple of 1 to {OPTIONS_MOST} options, not {default!r:.60}")


def panel(id: str, cell: str, function: Callable[..., Any], defaults: dict[str, Any], button: str) -> Panel:
    """Raises TypeError."""
    if len(defaults) > CONTROLS_MOST:
        raise TypeError(f"controls: at most {CONTROLS_MOST} inputs, not {len(defaults)}")
    if not isinstance(button, str) or not button.strip():
        raise TypeError("controls: button must be a text")
    return Panel(id, cell, function, tuple(control(name, default) for name, default in defaults.items()), button)
