"""Weak and strong scaling over MPI ranks, measured and beside the model of docs/mpi.md.

``python tests/benchmarks/mpi_scaling.py [--ranks 1,2,4] [--rounds 5] [--out FILE.json]`` starts
itself under mpiexec and prints a Markdown table. All costs that the model uses are measured in the
same job; a figure is the median over rounds in which the cases take turns.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

ITERATIONS = 60
CASES = {
    # name: (agents, agents a rank or None for a fixed number, states, actions, what it shows)
    "strong, S = 60": (16, None, 60, 4),
    "strong, S = 200": (8, None, 200, 4),
    "weak, S = 60": (None, 4, 60, 4),
    "weak, S = 200": (None, 2, 200, 4),
}


def main() -> None:
    """Start the ranks and print what they found, or be one of them."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--ranks", default="1,2,4")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--rank", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.rank:
        work(options.rounds)
        return
    from dcpg_theory.engine.launching import run_on_ranks

    rows: list[dict[str, Any]] = []
    loads = [os.getloadavg()[0]]
    for n in map(int, options.ranks.split(",")):
        lines: list[str] = []
        words = [str(Path(__file__)), "--rank", "--rounds", str(options.rounds)]
        ended = run_on_ranks(n, words, line=lines.append)
        if ended.code or ended.lost:
            sys.exit(f"{n} ranks ended with code {ended.code} ({ended.lost})")
        rows += json.loads("".join(lines))
        loads.append(os.getloadavg()[0])
    result = {"machine": machine(), "load_average": loads, "rows": rows}
    if options.out is not None:
        options.out.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    print(report(result))
    print(paper(result))


def machine() -> dict[str, Any]:
    """Return what a figure depends on."""
    from mpi4py import MPI

    return {
        "cores": os.cpu_count(),
        "processor": platform.processor() or platform.machine(),
        "python": platform.python_version(),
        "numpy": np.__version__,
        "mpi": MPI.Get_library_version().splitlines()[0].strip("\0 "),
    }


def report(result: dict[str, Any]) -> str:
    """Return the table; figures taken while others used the cores are labelled as such."""
    cores, loads = result["machine"]["cores"], result["load_average"]
    # The first load was there before; the ranks themselves make up the later ones.
    label = " (measured under load)" if loads[0] > 0.25 * cores else ""
    lines = [
        f"{result['machine']['mpi']}, {cores} cores, load before {loads[0]:.1f}{label}",
        "",
        "| case | ranks | agents | gradient, us | exchange alone, us | iteration, us | model, us |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    lines += [
        f"| {row['case']} | {row['ranks']} | {row['agents']} | {row['gradient']:.0f} | "
        f"{row['exchange']:.0f} | {row['iteration']:.0f} | {row['model']:.0f} |"
        for row in sorted(result["rows"], key=lambda row: (row["case"], row["ranks"]))
    ]
    return "\n".join(lines)


def paper(result: dict[str, Any]) -> str:
    """Return what the model makes of the figures for 10^4 agents on a ring; nothing is measured.

    Gradient and mixing cost what they cost an agent on one rank, the exchange what it cost on the
    largest number of ranks that had a core each.
    """
    cores = result["machine"]["cores"]
    rows = {row["ranks"]: row for row in result["rows"] if row["case"] == "strong, S = 60"}
    able = [ranks for ranks in rows if 1 < ranks <= cores]
    if 1 not in rows or not able:
        return ""
    agent = (rows[1]["gradient"] + rows[1]["mixing"]) / rows[1]["agents"]
    exchange = rows[max(able)]["exchange"]
    lines = [
        "",
        f"On paper, {agent:.1f} us an agent and {exchange:.0f} us an exchange:",
        "",
        "| ranks | agents a rank | iteration, us | efficiency |",
        "| --- | --- | --- | --- |",
    ]
    for ranks in (1, 10, 100, 1000, 10_000):
        compute = -(-10_000 // ranks) * agent
        whole = compute + (exchange if ranks > 1 else 0)
        share = 10_000 * agent / (ranks * whole)
        lines.append(f"| {ranks} | {10_000 // ranks} | {whole:.0f} | {100 * share:.0f} % |")
    return "\n".join(lines)


def work(rounds: int) -> None:
    """Measure all cases on these ranks; rank 0 prints them."""
    from mpi4py import MPI

    comm = MPI.COMM_WORLD
    cases = [Case(comm, name, *sizes) for name, sizes in CASES.items()]
    for _ in range(rounds):
        for case in cases:
            case.measure()
    found = [case.result() for case in cases]
    if comm.rank == 0:
        print(json.dumps(found), flush=True)


class Case:
    """One problem on these ranks, with the parts of an iteration and the whole of it timed."""

    def __init__(
        self, comm: Any, name: str, fixed: int | None, each: int | None, n: int, n_actions: int
    ) -> None:
        from dcpg_theory.engine.methods import ExactGradients, Stepwise
        from dcpg_theory.engine.mixing import Mixing
        from dcpg_theory.engine.mpi import Ranks
        from dcpg_theory.engine.paths import choose_path
        from dcpg_theory.engine.rounds import PeriodicMixing
        from dcpg_theory.models import graphs
        from dcpg_theory.models.random_problems import random_problem

        self.comm, self.name = comm, name
        self.agents = fixed or (each or 1) * comm.size
        problem = random_problem(0, self.agents, n, n_actions)
        schedule = PeriodicMixing(graphs.lazy_metropolis(graphs.ring(self.agents)))
        self.team, self.round = Ranks(comm, self.agents), schedule.round(0)
        own = self.team.agents
        self.gradients = ExactGradients(problem, 0.1, choose_path(problem), own, in_turns=False)
        self.iteration = Stepwise(self.team, schedule, self.gradients)
        rng = np.random.default_rng(comm.rank)
        self.theta = 0.1 * rng.standard_normal((len(own), n, n_actions))
        self.mixing = Mixing(self.round, own, self.team.places(self.round))
        self.times: dict[str, list[float]] = {
            name: [] for name in ("gradient", "exchange", "mixing", "iteration")
        }
        self.measure()
        for series in self.times.values():
            series.clear()

    def measure(self) -> None:
        """Time each part once more: the slowest rank's time, in microseconds an iteration."""
        places, steps = range(len(self.theta)), np.full(ITERATIONS, 0.1)
        heard = self.team.exchange(self.round, self.theta).finish()
        g = self.gradients(self.theta, 0, places)
        parts = {
            "gradient": lambda: self.gradients(self.theta, 0, places),
            "exchange": lambda: self.team.exchange(self.round, self.theta).finish(),
            "mixing": lambda: self.mixing.step(heard, 0.1, g),
        }
        for name, part in parts.items():
            self.times[name].append(self.timed(lambda part=part: [part() for _ in steps]))
        state = {"parameters": self.theta}
        self.times["iteration"].append(self.timed(lambda: self.iteration.advance(state, 0, steps)))

    def timed(self, work: Any) -> float:
        from mpi4py import MPI

        self.comm.Barrier()
        begin = time.perf_counter()
        work()
        taken = (time.perf_counter() - begin) / ITERATIONS * 1e6
        return float(self.comm.allreduce(taken, op=MPI.MAX))

    def result(self) -> dict[str, Any]:
        medians = {name: statistics.median(series) for name, series in self.times.items()}
        # Small messages are sent at once, so that the exchange costs its own handling and hides
        # only the waiting; the model counts it in full, which bounds the iteration from above.
        model = medians["gradient"] + medians["exchange"] + medians["mixing"]
        return {
            "case": self.name,
            "ranks": self.comm.size,
            "agents": self.agents,
            "bytes_per_link": int(self.theta[0].nbytes),
            "model": model,
            "spread": {name: [min(series), max(series)] for name, series in self.times.items()},
            **medians,
        }


if __name__ == "__main__":
    main()
