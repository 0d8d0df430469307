# %% [markdown]
# # keripy, step by step
# Real keripy, in this page. Nothing here is kept: each identifier lives until the interpreter ends. Shift+Enter runs a cell and goes on.

# %%
from keri import core
from keri.app import habbing
from keri.core import eventing, parsing
from keri.db import basing

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
anna.rotate()
anna.kever.sn, anna.kever.verfers[0].qb64

# %% [markdown]
# ## Three keys, of which weights say how many sign
# Each weighs a half, so any two of the three are enough.

# %%
trio = hby.makeHab("trio", icount=3, isith=["1/2", "1/2", "1/2"], ncount=3, nsith=["1/2", "1/2", "1/2"])
trio.kever.tholder.sith

# %% [markdown]
# ## Delegation: another identifier stands for it
# The delegate's event is not valid before the delegator has anchored its seal.

# %%
child = hby.makeHab("child", delpre=anna.pre)
anna.interact(data=[{"i": child.pre, "s": "0", "d": child.pre}])
child.kever.serder.ked["t"], child.kever.delpre == anna.pre

# %% [markdown]
# ## Somebody else verifies: all that is needed is the log

# %%
with basing.openDB(name="stranger", temp=True) as db:
    kevery = eventing.Kevery(db=db, lax=True, local=False)
    parsing.Parser().parse(ims=bytearray(anna.replay()), kvy=kevery)
    seen = kevery.kevers[anna.pre]
    print("sequence number", seen.sn, "- the same last event:", seen.serder.said == anna.kever.serder.said)

# %% [markdown]
# ## A signature, and one that was tampered with

# %%
message = b"I said this."
(signature,) = anna.sign(ser=message, indexed=False)
key = anna.kever.verfers[0]
key.verify(signature.raw, message), key.verify(signature.raw, b"I said that.")

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
    before = kevery.kevers[anna.pre].serder.said
    parser.parse(ims=bytearray(lie), kvy=kevery)
    print("one identifier:", same, "- the first history stands:", kevery.kevers[anna.pre].serder.said == before)

# %% [markdown]
# ## The whole log, as others get it

# %%
log = bytes(anna.replay())
print(len(log), "bytes")
print(log[:400].decode())
