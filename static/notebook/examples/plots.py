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


# %% [markdown]
# Change the two numbers and run the cell again.

# %%
bell(mu=1, sigma=1)

# %%
sizes = pygal.HorizontalBar(height=320, title="Bytes of a signature", print_values=True)
for name, size in {"Ed25519": 64, "ML-DSA-65": 3309, "Falcon-512": 752, "SLH-DSA-128f": 17088}.items():
    sizes.add(name, size)
sizes
