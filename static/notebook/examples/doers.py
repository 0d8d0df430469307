# %% [markdown]
# # hio: Doers in turn
# A Doer is a generator that a Doist steps through cyclic time ("tyme"). This scheduler runs the workers of this app.

# %%
from hio.base import doing


@doing.doize(tock=0.25)
def tick(tymth=None, tock=0.0, **opts):
    for number in range(3):
        print(f"tick {number} at {tymth():.2f}")
        yield tock
    return True


class Tock(doing.Doer):
    """Another one, as a class."""

    def recur(self, tyme):
        print(f"  tock at {tyme:.2f}")
        return tyme >= 0.5


# %%
doist = doing.Doist(limit=2.0, tock=0.25, real=False, doers=[tick, Tock(tock=0.25)])
doist.do()
print("done:", doist.done, "at", doist.tyme)
