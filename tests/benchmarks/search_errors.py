"""How long the search takes, on one core, to find each of the paper's errors that it is pointed at.

``python tests/benchmarks/search_errors.py [--seed 0]`` runs whole rounds of `dcpg search` until the
certified ratio passes 1, and prints a Markdown table. The aim is two minutes each.
"""

from __future__ import annotations

import argparse
import time

from dcpg_theory.search import Budget, one_round

CLAIMS = ("eq-36-mean", "appb1-final", "eq-29", "appb1-non-increasing", "sec42-shared-kernel")
MOST = 20


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=0)
    seed = parser.parse_args().seed
    print("| claim | rounds | ratio | processor seconds | seconds |")
    print("| --- | ---: | ---: | ---: | ---: |")
    for claim in CLAIMS:
        began, worked = time.perf_counter(), time.process_time()
        for number in range(MOST):
            found = one_round(claim, {}, seed, number, Budget())
            if found.ratio > 1:
                break
        spent = time.process_time() - worked, time.perf_counter() - began
        print(
            f"| {claim} | {number + 1} | {found.ratio:.6g} | {spent[0]:.1f} | {spent[1]:.1f} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
