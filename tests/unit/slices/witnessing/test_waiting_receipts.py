"""Receipts that are missing are told on the network page, and asked for at once when there is a line again."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
import workerkit  # noqa: F401  (sets the path)
from slices.witnessing import collecting, standing
from slices.witnessing.cases import Case
from slices.witnessing.reasons import Reason


@pytest.fixture
def collector(monkeypatch: pytest.MonkeyPatch) -> collecting.Collector:
    def latest(hab: Any) -> standing.Standing:
        return standing.Standing(2, "E", ("a", "b", "c"), 2, frozenset(hab.receipted))

    monkeypatch.setattr(standing, "latest", latest)
    habs = {aid: SimpleNamespace(name=aid, receipted=receipted) for aid, receipted in (("Anna", "a"), ("Bert", "abc"))}
    vault = SimpleNamespace(locked=False, hby=SimpleNamespace(habs=habs))
    return collecting.Collector(SimpleNamespace(shared=lambda kind: vault, doist=SimpleNamespace(wake=lambda doer: None)))  # type: ignore[arg-type]


def test_what_is_missing_is_told_while_the_wallet_is_open(collector: collecting.Collector) -> None:
    told = {"what": "receipts of Anna’s event 2", "why": "2 of 3 are missing.", "path": "app/identifiers/Anna"}
    for kinds, waits in (((), "server"), (("late", "offline"), "line"), (("offline", "ask"), "word")):
        reasons = {aid: Reason(kind, "…") for aid, kind in zip("bc", kinds, strict=False)}
        collector.cases = {"Anna": Case(reasons=reasons | {"a": Reason("off", "of an earlier event")}), "Bert": Case()}
        assert collector.waiting() == [{**told, "waits": waits}]
    collector.vault.locked = True
    assert collector.waiting() == []


def test_the_line_makes_who_was_offline_try_again(collector: collecting.Collector) -> None:
    collector.cases = {kind: Case(reasons={"a": Reason(kind, "…")}) for kind in ("offline", "refused", "garbage")}
    collector.back()
    assert {kind: case.asked for kind, case in collector.cases.items()} == {"offline": True, "refused": False, "garbage": False}
