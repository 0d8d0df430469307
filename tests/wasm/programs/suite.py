"""Runs a suite of the catalogue inside Pyodide under Node, with the page's own collecting and running."""


def main(args):
    """``args``: suite, effort, share (number, of): run only each of-th case, beginning with the number-th; sample: of what
    the quick effort leaves out, only whether an algorithm is correct is checked.

    Returns the results as dictionaries, those left out included (with the first share).
    """
    from slices.suites import fetching
    from slices.suites.catalogue import SUITES
    from slices.suites.running import Result, run_case

    steps = fetching.ready(None, args["suite"])
    try:
        while True:
            next(steps)
    except StopIteration as stop:
        cases = stop.value
    suite = SUITES[args["suite"]]
    number, of = args.get("share", (0, 1))
    results, turn = [], 0
    for id, case in cases.items():
        reason = suite.left_out(id, args.get("effort", "standard"))
        if reason is None and args.get("sample") and suite.left_out(id, "quick"):
            # Of SLH-DSA with a hash before it each hash and each parameter set is tried, as the catalogue's rule says for others.
            twin = id.replace("test_correctness[", "test_wrong_message[") if "PREHASH" in id else ""
            if "test_correctness[" not in id or (twin and suite.left_out(twin, "standard")):
                reason = "the long tests run it"
        if reason is not None:
            if number == 0:
                results.append(Result(suite.name, id, "skipped", 0.0, "", reason))
            continue
        # Turns are taken among what runs, so that each process gets its share of the slow ones.
        turn += 1
        if turn % of == number:
            results.append(run_case(suite.name, id, case))
    return {"collected": len(cases), "results": [result.plain() for result in results]}
