"""Edges: what a credential says of the other ones that it stands on, and whether that holds.

keripy 1.3.6 judges an edge that is written out, by the operators I2I and NI2I, all of which must hold. It takes any other
operator for one of these two, does not look at the schema that an edge asks for, and fails on edges in their shorter forms.
So the rules are applied here, in words; keripy is asked besides, when they hold.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from slices.credentials import shapes

__all__ = ["Edge", "edges", "judge", "saids"]

OPERATORS = ("I2I", "NI2I")


@dataclass
class Edge:
    """One edge; `fault`: why it cannot be judged, "" when it can. schema, operator: "" when it names none."""

    label: str
    said: str = ""
    schema: str = ""
    operator: str = ""
    fault: str = ""


def edges(section: Any) -> Iterator[Edge]:
    """The edges of a credential's `e`, whatever stands there."""
    if section is None:
        return
    if isinstance(section, str):
        yield Edge("e", fault="only the SAID of its edges is given: keripy 1.3.6 judges edges that are written out")
        return
    for block in section if isinstance(section, list) else [section]:
        if not isinstance(block, dict):
            yield Edge("e", fault="it is no object")
            continue
        operator = block.get("o")
        if operator not in (None, "AND"):
            yield Edge("o", fault=f"the operator {shapes.shown(operator)} over edges is not judged by keripy 1.3.6")
        if "d" in block and (reason := shapes.said(block["d"])):
            yield Edge("d", fault=f"its SAID {reason}")
        for label, node in block.items():
            if label not in ("d", "o"):
                yield _edge(label, node)


def _edge(label: str, node: Any) -> Edge:
    edge = Edge(label[:60])
    if isinstance(node, str):
        edge.fault = "only a SAID is given: keripy 1.3.6 judges edges that are written out"
    elif not isinstance(node, dict):
        edge.fault = f"it is {shapes.kind(node)}, where an object belongs"
    elif "n" not in node:
        edge.fault = "it is a group of edges (it has no `n`), which keripy 1.3.6 does not judge"
    elif reason := shapes.said(node["n"]):
        edge.fault = f"its `n`, the other credential, {reason}"
    elif "s" in node and (reason := shapes.said(node["s"])):
        edge.fault = f"its `s`, the schema of the other credential, {reason}"
    else:
        edge.said, edge.schema = node["n"], node.get("s", "")
        operator = node.get("o")
        if operator is None or operator in OPERATORS:
            edge.operator = operator or ""
        else:
            edge.fault = f"its operator {shapes.shown(operator)} is not judged by keripy 1.3.6, which knows I2I and NI2I"
    return edge


def saids(section: Any) -> list[str]:
    """The SAIDs that the edges name."""
    return [each.said for each in edges(section) if each.said]


def judge(edge: Edge, issuer: str, far: Any) -> str:
    """Why an edge does not hold, "" when it does.

    issuer: of the credential that has the edge. far: what was found of the other one: None when it is not there, or an
    object with `schema`, `holder`, `revoked` ("on" or "at" when, or "") and `good` (everything but its state holds).
    """
    if edge.fault:
        return edge.fault
    if far is None:
        return f"the credential {edge.said} is not in the file"
    if not far.good:
        return f"the credential {edge.said} does not verify"
    if far.revoked:
        return f"the credential {edge.said} was revoked {far.revoked}"
    if edge.schema and far.schema != edge.schema:
        return f"the credential {edge.said} is of the schema {far.schema}, not of {edge.schema} as the edge says"
    operator = edge.operator or ("I2I" if far.holder is not None else "NI2I")
    if operator == "I2I" and far.holder != issuer:
        whom = f"is about {far.holder}" if far.holder else "is about nobody"
        return f"the credential {edge.said} {whom}, but I2I asks that it be about the issuer of this one"
    return ""
