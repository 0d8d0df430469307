# %% [markdown]
# # Plots
# pygal draws SVG in pure Python, so it works here at once (matplotlib has no wheel for this platform).

# %%
from statistics import NormalDist

import pygal


def bell(mu: float, sigma: float):
    """The density of a normal distribution."""
    curve = NormalDist(mu, sigma)
    xs = [mu + sigma * step / 20 for step in range(-80, 81)]
    chart = pygal.XY(show_dots=False, fill=True, height=320, title=f"mu = {mu:g}, sigma = {sigma:g}", show_legend=False)
    chart.add("", [(x, curve.pdf(x)) for x in xs])
    return chart


bell(mu=0, sigma=1)

# %% [markdown]
# ## Two inputs and a button
# `@controls` shows an input for each name and a button. Whoever presses it calls the function with what the inputs say;
# what that returns, shows or prints stands below. A default says what an input takes: a number, a whole number, text, yes or no,
# or one of a tuple.

# %%
@controls(mu=1.0, sigma=1.0, button="Plot")
def plot(mu, sigma):
    if sigma <= 0:
        raise ValueError("sigma must be more than 0")
    return bell(mu, sigma)


# %% [markdown]
# ## Bars

# %%
sizes = pygal.HorizontalBar(height=320, title="Bytes of a signature", print_values=True)
for name, size in {"Ed25519": 64, "ML-DSA-65": 3309, "Falcon-512": 752, "SLH-DSA-128f": 17088}.items():
    sizes.add(name, size)
sizes
