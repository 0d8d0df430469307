"""The stateless slices as one WebAssembly component for any wasi:http host: the page's own policy, worker and slices in one interpreter.

`python wheels/edge.py` builds it. Nothing of this folder goes to a browser, whose interpreter it is not for. It stands
on top of `router/policy` and `keriwasm/worker`; neither knows of it.

    component.py  the door: wasi:http in and out. The only Python that imports wit_world
    house.py      one request: the router's policy in front of one worker, run to its end
    lacking.py    what a wasi interpreter has not, adapted in one place, each with its reason
    left_out.py   what is not done here, and why
    standins/     packages that stand in for native ones, found by their names
"""
