"""The pages and routes of credentials: `/app/credentials` and below, all on the wallet's worker."""

from __future__ import annotations

import json
from collections.abc import Generator
from typing import Any

import falcon
from keriwasm.web.deeds import deed
from keriwasm.web.form.errors import FieldError
from keriwasm.web.form.fields import Fields
from keriwasm.web.form.labels import label
from keriwasm.web.rendering import answer, wants_json

from slices.credentials import issuing, presenting, schemas, view
from slices.credentials.kept import shelf as shelves
from slices.foreign import strangers
from slices.vault import choosing
from slices.vault.vault import Vault

__all__ = ["Credential", "Credentials", "Issue", "Panel", "Receive", "Registries", "Registry", "Schema", "Schemas", "Verify"]

TITLE = "Credentials · KeriWasm"
PER_PAGE = 48
PER_ANSWER = 1000
"""Credentials of one JSON answer at most; `next` tells where to go on."""
TAKEN_SECONDS = 30
"""Of judging, at most, for what is taken in: half of what the keys' worker may block over it (router/policy/routes.py)."""

Deed = Generator[float, float, None]


def missing(what: str, said: str) -> falcon.HTTPNotFound:
    """404 that says what is not there."""
    return falcon.HTTPNotFound(title=f"No such {what}", description=f"This wallet has no {what} {said[:80]}.")


class Resource:
    """A resource of this slice."""

    def __init__(self, vault: Vault) -> None:
        self.vault = vault

    def open(self) -> Deed:
        """Wait until there is an open wallet. Raises Locked, NoWallet."""
        yield from self.vault.ready()
        _ = self.vault.rgy

    def schemer(self, said: str) -> Any:
        """keripy's Schemer. Raises 404."""
        found = self.vault.hby.db.schema.get(said) if len(said) == 44 else None
        if found is None:
            raise missing("schema", said)
        return found

    def registry(self, regk: str) -> Any:
        """keripy's Registry. Raises 404."""
        found = self.vault.rgy.regs.get(regk)
        if found is None:
            raise missing("registry", regk)
        return found

    def creder(self, said: str) -> Any:
        """keripy's SerderACDC of a saved credential. Raises 404."""
        reger = self.vault.rgy.reger
        if len(said) != 44 or reger.saved.get(keys=said) is None:
            raise missing("credential", said)
        return reger.creds.get(keys=said)

    def schemas(self) -> Generator[float, float, list[dict[str, Any]]]:
        """What view.schema tells of all that are known here, with how often each is used."""
        used = (yield from shelves.of(self.vault).read()).used()
        return [view.schema(each, used[each.said]) for each in schemas.stored(self.vault.hby.db)]

    def registries(self) -> Generator[float, float, list[dict[str, Any]]]:
        """What view.registries tells."""
        shelf = yield from shelves.of(self.vault).read()
        return view.registries(self.vault, shelf.counts())

    def page(
        self, req: falcon.Request, rep: falcon.Response, name: str, data: dict[str, Any], head: str = "", **more: Any
    ) -> None:
        """Answer with a page; head: what its title begins with; `more` is for the page only."""
        title = f"{head} · {TITLE}" if head else TITLE
        at = rep.get_header("HX-Push-Url") or req.relative_uri.removeprefix("/")
        shown = data if wants_json(req) else {**data, **more, "page_title": title, "token": self.vault.token, "at": at}
        answer(req, rep, f"pages/credentials/{name}.html", shown, title=title)

    def go(self, req: falcon.Request, rep: falcon.Response, path: str) -> None:
        """After a POST: htmx puts the answer in the place of the page, and the address becomes `path`."""
        if req.get_header("HX-Request"):
            rep.set_header("HX-Retarget", "#main")
            rep.set_header("HX-Reswap", "innerHTML scroll:top scrollTarget:window")
            rep.set_header("HX-Push-Url", path)

    def show_registry(self, req: falcon.Request, rep: falcon.Response, regk: str, note: str = "") -> Deed:
        """{regk, name, issuer, issued, revoked, events, from, next, log}; `from` and `count` choose events. Raises 404."""
        shelf = yield from shelves.of(self.vault).read()
        made = self.registry(regk)
        fields = Fields(req) if req.method == "GET" else None
        first = fields.integer("from", 0, 1 << 53, default=0) if fields else 0
        count = fields.integer("count", 1, PER_ANSWER, default=PER_ANSWER if wants_json(req) else PER_PAGE) if fields else PER_PAGE
        saids = [said for said, each in shelf.entries.items() if each.registry == regk]
        part = yield from view.timeline(self.vault, made, saids, first, count)
        data = {**view.registry(made, shelf.counts()), **part}
        self.page(req, rep, "registry", data, data["name"], note=note, count=count)

    def show_credential(self, req: falcon.Request, rep: falcon.Response, said: str, note: str = "") -> None:
        """What view.detail tells. Raises 404."""
        data = view.detail(self.vault, self.creder(said))
        self.page(req, rep, "credential", data, data["title"], note=note, shown=data)

    def judged(self, data: bytes, along: list[bytes]) -> Generator[float, float, dict[str, Any]]:
        """judging.judge's, by a worker without keys; it gets those of the known schemas whose SAID stands in the stream."""
        vault = self.vault
        known = schemas.stored(vault.hby.db) if vault.exists and not vault.locked else []
        bare = b"".join(data.split())  # a mail program may have broken its lines anywhere
        wanted = [each.raw for each in known if each.said.encode() in data or each.said.encode() in bare]
        unit = {"data": data, "known": wanted, "along": along}
        return (yield from strangers.judged(vault.worker, "presentation", unit))

    def logs(self) -> Generator[float, float, dict[str, Any]]:
        """What else knows key event logs, for presenting.compared: the ledger of other people's."""
        if "ledger" not in self.vault.worker.slices:
            return {}
        from slices.ledger import book

        ledger = book.of(self.vault.worker)
        yield from ledger.ready()
        return {"the ledger": ledger.kevers.db}

    def show_report(self, req: falcon.Request, rep: falcon.Response, found: dict[str, Any], stored: bool = False) -> None:
        """{valid, results, remarks, stored}."""
        results = found["results"]
        told: dict[str, Any] = {"valid": all(each["valid"] for each in results), "results": results, "stored": stored}
        told["remarks"] = found["remarks"]
        if not wants_json(req):
            told["results"] = [{**each, "card": view.presented(self.vault, each)} for each in results]
        answer(req, rep, "fragments/credentials/verified.html", told)


class Credentials(Resource):
    """GET /app/credentials?state=&role="""

    @deed
    def on_get(self, req: falcon.Request, rep: falcon.Response) -> Deed:
        """{credentials, registries, schemas, total, found, from, next}, the newest first; state: issued, revoked; role: issued, held;
        `from` and `count` choose a part."""
        yield from self.open()
        fields = Fields(req)
        state = fields.choice("state", ("", "issued", "revoked"), default="")
        role = fields.choice("role", ("", "issued", "held"), default="")
        first = fields.integer("from", 0, 1 << 53, default=0)
        count = fields.integer("count", 1, PER_ANSWER, default=PER_ANSWER if wants_json(req) else PER_PAGE)
        shelf = yield from shelves.of(self.vault).read()
        fit = [
            said
            for said in shelf.order
            if (not state or shelf.entries[said].state == state) and (not role or role in shelf.entries[said].roles)
        ]
        total = len(shelf.order)
        data = {
            "credentials": (yield from view.credentials(self.vault, fit[first : first + count])),
            "registries": (yield from self.registries()),
            "schemas": (yield from self.schemas()),
            "total": total,
            "found": len(fit),
            "from": first,
            "next": first + count if first + count < len(fit) else None,
        }
        issuers = yield from choosing.offered(self.vault, rotating=True)
        self.page(req, rep, "index", data, state=state, role=role, count=count, issuers=issuers)


class Panel(Resource):
    """GET /app/credentials/panel: the part of the home page; a locked wallet shows nothing of it."""

    @deed
    def on_get(self, req: falcon.Request, rep: falcon.Response) -> Deed:
        """{exists, locked, issued, held, revoked}: the counts are null unless it is open."""
        yield from self.vault.mounted()
        data: dict[str, Any] = {"exists": self.vault.exists, "locked": self.vault.locked}
        data |= dict.fromkeys(("issued", "held", "revoked"))
        if not self.vault.locked:
            yield from self.vault.ready()
            listed = (yield from shelves.of(self.vault).read()).entries.values()
            data["issued"] = sum("issued" in each.roles for each in listed)
            data["held"] = sum("held" in each.roles for each in listed)
            data["revoked"] = sum(each.state == "revoked" for each in listed)
        answer(req, rep, "fragments/credentials/panel.html", data)


class Schemas(Resource):
    """GET, POST /app/credentials/schemas"""

    @deed
    def on_get(self, req: falcon.Request, rep: falcon.Response) -> Deed:
        """{schemas}; ?sample=NAME fills the form with one."""
        yield from self.open()
        sample = Fields(req).choice("sample", ("", *schemas.SAMPLES), default="")
        samples = [(name, schemas.title(sed)) for name, sed in schemas.SAMPLES.items()]
        text = json.dumps(schemas.SAMPLES[sample], indent=2, ensure_ascii=False) if sample else ""
        self.page(req, rep, "schemas", {"schemas": (yield from self.schemas())}, "Schemas", samples=samples, text=text)

    @deed
    def on_post(self, req: falcon.Request, rep: falcon.Response) -> Deed:
        """{schema | file, saidify?} -> the schema. One without a SAID gets it; a wrong one is refused unless `saidify`."""
        yield from self.open()
        fields = Fields(req)
        unit = {"schema": json.dumps(schemas.read(fields)).encode(), "saidify": fields.flag("saidify")}
        judged = yield from strangers.judged(self.vault.worker, "schema", unit)
        yield from self.open()  # it may have been locked meanwhile
        schemer = schemas.judged(judged["raw"])
        with self.vault.change() as hby:
            hby.db.schema.pin(schemer.said, schemer)
        answer(req, rep, "fragments/credentials/schema-added.html", {**view.schema(schemer), "json": schemer.sed})


class Schema(Resource):
    """GET /app/credentials/schemas/{said}"""

    @deed
    def on_get(self, req: falcon.Request, rep: falcon.Response, said: str) -> Deed:
        """{said, title, …, json}; ?download=1 is the file as it was digested."""
        yield from self.open()
        schemer = self.schemer(said)
        if Fields(req).flag("download"):
            rep.content_type = "application/schema+json"
            rep.data = schemer.raw
            rep.set_header("Content-Disposition", f'attachment; filename="schema-{said}.json"')
            return
        data = {**view.schema(schemer), "json": schemer.sed}
        self.page(req, rep, "schema", data, data["title"])


class Registries(Resource):
    """POST /app/credentials/registries"""

    @deed
    def on_post(self, req: falcon.Request, rep: falcon.Response) -> Deed:
        """{identifier, name} -> the registry, anchored by a new event of the identifier."""
        yield from self.open()
        fields = Fields(req)
        aid = choosing.chosen(self.vault, fields, "identifier")
        name = label(fields, "name", most_bytes=issuing.NAME_MOST)
        with self.vault.change() as hby:
            regk = issuing.make_registry(self.vault, hby.habs[aid], name).regk
        self.go(req, rep, f"app/credentials/registries/{regk}")
        yield from self.show_registry(req, rep, regk, "The registry is made and anchored.")


class Registry(Resource):
    """GET /app/credentials/registries/{regk}"""

    @deed
    def on_get(self, req: falcon.Request, rep: falcon.Response, regk: str) -> Deed:
        """{regk, name, issuer, issued, revoked, events}: the log as a timeline."""
        yield from self.open()
        yield from self.show_registry(req, rep, regk)


class Issue(Resource):
    """GET, POST /app/credentials/issue"""

    @deed
    def on_get(self, req: falcon.Request, rep: falcon.Response) -> Deed:
        """?schema=SAID: the form that the schema gives; without one the choice of a schema."""
        yield from self.open()
        said = Fields(req).text("schema", "", max_bytes=100)
        about_somebody = False
        data: dict[str, Any] = {"schema": None, "inputs": [], "schemas": (yield from self.schemas())}
        if said:
            schemer = self.schemer(said)
            data["schema"] = view.schema(schemer)
            about_somebody = schemas.needs_holder(schemer.sed)
            data["inputs"] = [each._asdict() for each in schemas.attributes(schemer.sed)]
        people = yield from choosing.offered(self.vault)
        more = {"registries": (yield from self.registries()), "people": people, "about_somebody": about_somebody}
        self.page(req, rep, "issue", data, "Issue", **more)

    @deed
    def on_post(self, req: falcon.Request, rep: falcon.Response) -> Deed:
        """{registry, schema, holder?, attributes | a-NAME…, rules?} -> the credential."""
        yield from self.open()
        fields = Fields(req)
        regk = fields.text("registry", max_bytes=100)
        said = fields.text("schema", max_bytes=100)
        typed = fields.text("holder", "", max_bytes=1200).strip()
        holder = (choosing.resolve(self.vault, typed) or typed) if typed else None
        if regk not in self.vault.rgy.regs:
            raise FieldError("registry", "is none of this wallet's registries: make one first")
        if len(said) != 44 or self.vault.hby.db.schema.get(said) is None:
            raise FieldError("schema", "is not known here: add it first")
        sed = self.schemer(said).sed
        if holder is not None and holder not in self.vault.hby.kevers:
            raise FieldError("holder", "is neither an alias nor an AID that this wallet knows")
        if holder is None and schemas.needs_holder(sed):
            raise FieldError("holder", "is missing: this schema's credentials are about somebody")
        data = schemas.filled(fields, sed)
        rules = fields.json("rules", None)
        if rules is not None and not isinstance(rules, dict):
            raise FieldError("rules", "must be a JSON object")
        drafted = issuing.draft(self.registry(regk), sed, holder, data, rules)
        # Whoever made the schema may be a stranger, and its patterns are run over what was typed: not beside the keys.
        unit = {"schema": self.schemer(said).raw, "credential": drafted.raw}
        yield from strangers.judged(self.vault.worker, "fits", unit)
        yield from self.open()  # it may have been locked meanwhile
        with self.vault.change():
            made = issuing.carry_out(self.vault, self.registry(regk), drafted).said
        self.go(req, rep, f"app/credentials/{made}")
        self.show_credential(req, rep, made, "The credential is issued and anchored.")


class Credential(Resource):
    """GET /app/credentials/{said}, …/cesr; POST …/revoke"""

    @deed
    def on_get(self, req: falcon.Request, rep: falcon.Response, said: str) -> Deed:
        """The card, with raw JSON and the credential's own transaction events."""
        yield from self.open()
        self.show_credential(req, rep, said)

    @deed
    def on_get_cesr(self, req: falcon.Request, rep: falcon.Response, said: str) -> Deed:
        """The presentation: a CESR stream with everything that proves it."""
        yield from self.open()
        rep.content_type = "application/cesr"
        rep.data = presenting.export(self.vault, self.creder(said))
        rep.set_header("Content-Disposition", f'attachment; filename="credential-{said[:12]}.cesr"')

    @deed
    def on_post_revoke(self, req: falcon.Request, rep: falcon.Response, said: str) -> Deed:
        """{} -> the revoked credential. 409 unless it is this wallet's to revoke."""
        yield from self.open()
        _ = self.creder(said)
        with self.vault.change():
            issuing.revoke(self.vault, self.creder(said))
        self.go(req, rep, f"app/credentials/{said}")
        self.show_credential(req, rep, said, "The credential is revoked.")


def presented(fields: Fields) -> bytes:
    """The stream of a form: a file, pasted text, or base64url."""
    return fields.message(max_bytes=presenting.MOST)


def extra(fields: Fields) -> list[bytes]:
    """A schema that goes along, not judged yet."""
    given = fields.json("schema", None, max_bytes=schemas.MOST)
    if given is None:
        return []
    if not isinstance(given, dict):
        raise FieldError("schema", "must be a JSON object: a JSON Schema")
    return [json.dumps(given).encode()]


class Verify(Resource):
    """GET, POST /app/credentials/verify: also without a wallet and with a locked one."""

    @deed
    def on_get(self, req: falcon.Request, rep: falcon.Response) -> Deed:
        """The form."""
        yield from self.vault.mounted()
        self.page(req, rep, "verify", {"open": not self.vault.locked}, "Verify")

    @deed
    def on_post(self, req: falcon.Request, rep: falcon.Response) -> Deed:
        """{file | text | data, schema?} -> {valid, results: [{said, valid, state, checks, …}], remarks}. Changes nothing."""
        fields = Fields(req)
        data = presented(fields)
        yield from self.vault.ready()
        judged = yield from self.judged(data, extra(fields))
        logs = yield from self.logs()
        yield from self.vault.ready()
        self.show_report(req, rep, presenting.compared(self.vault, judged, logs, fields.carrier))


class Receive(Resource):
    """POST /app/credentials/receive: verify a presentation and keep it."""

    @deed
    def on_post(self, req: falcon.Request, rep: falcon.Response) -> Deed:
        """As verify; what is authentic, though it be revoked, is saved. 422 when anything is not."""
        yield from self.open()
        fields = Fields(req)
        data = presented(fields)
        judged = yield from self.judged(data, extra(fields))
        logs = yield from self.logs()
        yield from self.open()  # it may have been locked meanwhile
        found = presenting.compared(self.vault, judged, logs, fields.carrier)
        if judged["seconds"] > TAKEN_SECONDS:
            raise FieldError(
                fields.carrier,
                f"takes {judged['seconds']:.0f} seconds of work to judge, and would take as long where your keys are: at most "
                f"{TAKEN_SECONDS} are spent there. Take in fewer credentials at once",
            )
        for each in found["results"]:
            if not each["authentic"]:
                wrong = next(check["detail"] for check in each["checks"] if not check["ok"] and check["name"] != "State")
                raise FieldError(fields.carrier, f"was not taken in: {wrong}")
        with self.vault.change() as hby:
            for schemer in map(schemas.judged, judged["along"]):
                hby.db.schema.pin(schemer.said, schemer)
            presenting.receive(self.vault, data, found)
            for each in found["results"]:
                if self.vault.rgy.reger.saved.get(keys=each["said"]) is None:
                    why = f"was not taken in: over what this wallet holds, keripy did not accept {each['said']}"
                    raise FieldError(fields.carrier, why)
        self.show_report(req, rep, found, stored=True)
