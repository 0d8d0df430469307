# %% [markdown]
# # keripy, in ten cells
# Real keripy, in this page. Nothing here is kept: each identifier lives until the interpreter ends. Shift+Enter runs a cell and goes on.

# %%
from keri import core
from keri.app import habbing
from keri.core import coring, eventing, parsing, scheming
from keri.db import basing, dbing
from keri.vc import proving
from keri.vdr import credentialing, verifying

SALT = core.Salter(raw=b"0123456789abcdef").qb64  # of a wallet it is random, and secret
hby = habbing.Habery(name="notebook", temp=True, salt=SALT)

# %% [markdown]
# ## An identifier, and its first event
# The inception names the keys and promises the next ones by their digests. The identifier is the digest of this very event.

# %%
anna = hby.makeHab("anna")
print(anna.kever.serder.pretty())

# %% [markdown]
# ## Rotation: the promised keys become the keys

# %%
before = anna.kever.verfers[0].qb64
anna.rotate()
print("event", anna.kever.sn, "- another key:", anna.kever.verfers[0].qb64 != before)

# %% [markdown]
# ## Three keys, of which weights say how many sign
# Each weighs a half, so any two of the three are enough.

# %%
trio = hby.makeHab("trio", icount=3, isith=["1/2", "1/2", "1/2"], ncount=3, nsith=["1/2", "1/2", "1/2"])
print("weights", trio.kever.tholder.sith, "- enough: two keys", trio.kever.tholder.satisfy([0, 2]), "- one", trio.kever.tholder.satisfy([1]))

# %% [markdown]
# ## Delegation: another identifier stands for it
# The delegate's inception counts only once the delegator has sealed it in its own log; where that seal is goes with the event.

# %%
child = hby.makeHab("child", delpre=anna.pre)
inception = child.kever.serder
anna.interact(data=[{"i": child.pre, "s": inception.snh, "d": inception.said}])
where = coring.Seqner(sn=anna.kever.sn).qb64b + anna.kever.serder.saidb
hby.db.setAes(dbing.dgKey(inception.preb, inception.saidb), where)
print(inception.ked["t"], "of", child.kever.delpre == anna.pre and "anna")

# %% [markdown]
# ## Somebody else verifies: all that is needed is the logs
# The delegate alone is not believed; with the delegator's log it is.

# %%
with basing.openDB(name="stranger", temp=True) as db:
    kevery = eventing.Kevery(db=db, lax=True, local=False)
    log = b"".join(hby.db.clonePreIter(pre=child.pre))
    parsing.Parser().parse(ims=bytearray(log), kvy=kevery)
    print("the delegate alone:", child.pre in kevery.kevers)
    parsing.Parser().parse(ims=bytearray(anna.replay()), kvy=kevery)
    parsing.Parser().parse(ims=bytearray(log), kvy=kevery)
    print("with its delegator:", child.pre in kevery.kevers)
    print("the same last event:", kevery.kevers[anna.pre].serder.said == anna.kever.serder.said)

# %% [markdown]
# ## A signature, and one that was tampered with

# %%
message = b"I said this."
(signature,) = anna.sign(ser=message, indexed=False)
key = anna.kever.verfers[0]
print("this:", key.verify(signature.raw, message), "- another text:", key.verify(signature.raw, b"I said that."))

# %% [markdown]
# ## Duplicity: two histories of one identifier
# The same keys sign another event at a number that is taken. Whoever saw the first refuses the second.

# %%
with habbing.openHby(name="copy", temp=True, salt=SALT) as other:
    twin = other.makeHab("anna")
    twin.rotate(data=[{"said": "otherwise"}])
    same = twin.pre == anna.pre
    lie = twin.makeOwnEvent(sn=1)

with basing.openDB(name="watcher", temp=True) as db:
    kevery = eventing.Kevery(db=db, lax=True, local=False)
    parser = parsing.Parser()
    parser.parse(ims=bytearray(anna.replay()), kvy=kevery)
    first = kevery.kevers[anna.pre].serder.said
    parser.parse(ims=bytearray(lie), kvy=kevery)
    print("one identifier:", same, "- the first history stands:", kevery.kevers[anna.pre].serder.said == first)

# %% [markdown]
# ## A credential: a schema, a registry, and what Anna says of Trio
# A schema is named by the digest of its own text. The registry says whether a credential is issued or revoked; each of its events is
# sealed in the issuer's log.

# %%
schema = {
    "$id": "", "$schema": "http://json-schema.org/draft-07/schema#", "title": "Course", "description": "Somebody took a course",
    "type": "object", "credentialType": "Course", "version": "1.0.0", "required": ["v", "d", "i", "ri", "s", "a"],
    "properties": {
        **{name: {"type": "string"} for name in ("v", "d", "i", "ri", "s")},
        "a": {"type": "object", "required": ["course"], "properties": {name: {"type": "string"} for name in ("d", "dt", "i", "course")}},
    },
}
_, schema = coring.Saider.saidify(sad=schema, kind=coring.Kinds.json, label="$id")
schemer = scheming.Schemer(sed=schema)
hby.db.schema.pin(schemer.said, schemer)

regery = credentialing.Regery(hby=hby, name="notebook", temp=True)


def seal(registry, pre, sn, said):
    """Seal an event of a registry in its issuer's log."""
    anna.interact(data=[{"i": pre, "s": f"{sn:x}", "d": said}])
    place = coring.Seqner(sn=anna.kever.sn), coring.Saider(qb64=anna.kever.serder.said)
    registry.anchorMsg(pre=pre, regd=said, seqner=place[0], saider=place[1])
    regery.processEscrows()


registry = regery.makeRegistry("courses", anna.pre, noBackers=True, estOnly=False)
seal(registry, registry.regk, 0, registry.regd)
course = proving.credential(
    schema=schemer.said, issuer=anna.pre, recipient=trio.pre, status=registry.regk, data={"course": "KERI in ten cells"}
)
issued = registry.issue(said=course.said, dt=course.attrib["dt"])
seal(registry, issued.pre, 0, issued.said)
verifying.Verifier(hby=hby, reger=regery.reger).processCredential(
    course, coring.Prefixer(qb64=issued.pre), coring.Seqner(sn=0), coring.Saider(qb64=issued.said)
)
print("saved:", regery.reger.saved.get(keys=course.said) is not None, "- state:", registry.tever.vcState(course.said).et)

revoked = registry.revoke(said=course.said)
seal(registry, revoked.pre, 1, revoked.said)
print("and now:", registry.tever.vcState(course.said).et)

# %% [markdown]
# ## The whole log, as others get it

# %%
log = bytes(anna.replay())
print(len(log), "bytes,", anna.kever.sn + 1, "events")
print(log[:400].decode())
