"""An interpreter of the notebook for each test."""

from __future__ import annotations

import pytest
from notebookplay import Interpreter


@pytest.fixture
def interpreter(monkeypatch: pytest.MonkeyPatch) -> Interpreter:
    return Interpreter(monkeypatch)
