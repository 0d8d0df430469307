"""The component's door: wasi:http in and out. What is imported here is imported when the component is built, and kept in it.

Bodies are read up to what the policy takes and a byte more, so that what is too large is refused with its true reason (413) before it
fills the memory: nothing beyond is read.
"""

from __future__ import annotations

from wasi import lacking

lacking.adapt()

import traceback  # noqa: E402

from componentize_py_types import Ok  # noqa: E402
from keriwasm.imports import native  # noqa: E402
from keriwasm.web.rendering import environment  # noqa: E402
from wit_world import exports  # noqa: E402
from wit_world.imports import types  # noqa: E402

from wasi import built  # noqa: E402
from wasi.house import Answer, House, problem  # noqa: E402

native.keri()
import slices.ledger.checks.checking  # noqa: E402
import slices.ledger.intake.others  # noqa: E402
import slices.ledger.intake.outcome  # noqa: E402, F401


def assembled() -> House:
    """A house from what the build has written down."""
    return House(built.MANIFEST, built.SLICES, built.SHELL, built.BASE)


HOUSE = assembled()
for name in environment().list_templates(filter_func=built.is_ours):
    environment().get_template(name)

METHODS = {
    types.Method_Get: "GET", types.Method_Head: "HEAD", types.Method_Post: "POST", types.Method_Put: "PUT",
    types.Method_Delete: "DELETE", types.Method_Connect: "CONNECT", types.Method_Options: "OPTIONS",
    types.Method_Trace: "TRACE", types.Method_Patch: "PATCH",
}  # fmt: skip
MOST_BODY = int(built.MANIFEST["pool"]["max_body_bytes"])
PART = 4096
"""Bytes that one blocking write takes."""


class IncomingHandler(exports.IncomingHandler):
    """`wasi:http/incoming-handler`."""

    def handle(self, request: types.IncomingRequest, response_out: types.ResponseOutparam) -> None:
        """One request, one answer, also where something is broken: then the next one finds a new house."""
        global HOUSE
        method = request.method()
        said = METHODS.get(type(method)) or str(getattr(method, "value", "?"))
        target = request.path_with_query() or "/"
        headers = read_headers(request)
        try:
            made = HOUSE.ask(said, target, headers, read_body(request))
        except Exception:
            HOUSE.log("error", traceback.format_exc())
            HOUSE = assembled()
            made = problem(500, "Internal Server Error", "This instance failed. Its log says why.")
        send(made, response_out)


def read_headers(request: types.IncomingRequest) -> dict[str, str]:
    """Lower-case names; what came several times is joined (RFC 9110)."""
    headers: dict[str, str] = {}
    for name, value in request.headers().entries():
        name, text = name.lower(), bytes(value).decode("latin-1")
        headers[name] = f"{headers[name]}, {text}" if name in headers else text
    return headers


def read_body(request: types.IncomingRequest) -> bytes:
    """All of it, or a byte more than is taken."""
    parts, size = [], 0
    with request.consume() as body, body.stream() as stream:
        while size <= MOST_BODY:
            try:
                part = stream.blocking_read(min(1 << 16, MOST_BODY + 1 - size))
            except Exception as ex:
                if type(getattr(ex, "value", None)).__name__ == "StreamError_Closed":
                    break
                raise
            parts.append(part)
            size += len(part)
    return b"".join(parts)


def send(answer: Answer, response_out: types.ResponseOutparam) -> None:
    """Headers of the policy, over them those of every answer of this app."""
    headers = {**{name.lower(): value for name, value in built.HEADERS.items()}, **answer.headers, "content-length": str(len(answer.body))}
    response = types.OutgoingResponse(types.Fields.from_list([(name, value.encode("latin-1")) for name, value in headers.items()]))
    response.set_status_code(answer.status)
    body = response.body()
    types.ResponseOutparam.set(response_out, Ok(response))
    with body.write() as stream:
        for start in range(0, len(answer.body), PART):
            stream.blocking_write_and_flush(answer.body[start : start + PART])
    types.OutgoingBody.finish(body, None)
