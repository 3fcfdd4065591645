"""Table 1 as an experiment: training runs, tests of what they learned, and the table of them.

For each algorithm and seed there are two runs: ``ring``, whose agents communicate (DCPG), and
``none``, whose agents do not (SA-0, SA-1, ...); nothing else differs. What is done already is taken
from the folder, so a command that was stopped goes on where it was.
"""

from __future__ import annotations

import json
import platform
import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import asdict, dataclass, replace
from importlib.metadata import PackageNotFoundError, version
from multiprocessing import active_children, get_context
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dcpg_theory.drone.endpoints import Endpoint
from dcpg_theory.drone.learning.settings import Purpose, Settings, generator
from dcpg_theory.drone.tiers import Tier
from dcpg_theory.engine.files import write_whole
from dcpg_theory.errors import InvalidInput

if TYPE_CHECKING:
    from dcpg_theory.drone.learning.training import Progress

__all__ = [
    "DCPG",
    "UNTRAINED",
    "Job",
    "Report",
    "collected",
    "hardware",
    "name_of",
    "run_jobs",
    "training_report",
    "versions",
]

DCPG, UNTRAINED = "DCPG", "untrained"
_LIBRARIES = ("dcpg-theory", "numpy", "jax", "jaxlib", "optax", "mujoco", "msgpack", "cosysairsim")


@dataclass(frozen=True, slots=True)
class Job:
    """One training run and the tests of its policies.

    Attributes
    ----------
    settings : Settings
    endpoints : tuple of Endpoint
    tier : Tier
    folder : Path
        Of the run's files.
    """

    settings: Settings
    endpoints: tuple[Endpoint, ...]
    tier: Tier
    folder: Path

    @property
    def run_path(self) -> Path:
        """The file of the run."""
        return self.folder / f"{self.settings.stem}.npz"

    @property
    def tests_path(self) -> Path:
        """The file of the tests."""
        return self.folder / f"{self.settings.stem}.tests.json"


@dataclass(frozen=True, slots=True)
class Report:
    """How far a job is.

    Attributes
    ----------
    name : str
        The run's.
    phase : str
        ``training``, ``testing`` or ``done``.
    done, total : int
        Episodes.
    steps_per_second : float
        Of training, by this process.
    seconds_left : float or None
        Of this phase, at the pace so far.
    recent : tuple of float
        In training the mean of the last 25 safe flights in each environment, in metres.
    """

    name: str
    phase: str
    done: int
    total: int
    steps_per_second: float = 0.0
    seconds_left: float | None = None
    recent: tuple[float, ...] = ()


Listener = Callable[[Report], None]


def training_report(name: str, progress: Progress) -> Report:
    """Return how far a training run is, with its pace in this process so far."""
    pace = progress.seconds / progress.episodes_here
    return Report(
        name,
        "training",
        progress.episode,
        progress.episodes,
        progress.steps / max(progress.seconds, 1e-9),
        pace * (progress.episodes - progress.episode),
        progress.recent,
    )


def run_jobs(jobs: Sequence[Job], processes: int, listener: Listener) -> list[dict[str, Any]]:
    """Do jobs, several at a time, and return their tests, in the order of the jobs.

    Parameters
    ----------
    jobs : sequence of Job
    processes : int
        With 1 all is done in this process.
    listener : callable
        Is told how far each job is.

    Raises
    ------
    InvalidInput, SimulatorLost
        As the first job that fails does.
    """
    if processes < 1:
        raise InvalidInput(f"jobs={processes} must be at least 1")
    for job in jobs:
        job.folder.mkdir(parents=True, exist_ok=True)
    if processes == 1 or len(jobs) == 1:
        return [_do(listener, job) for job in jobs]
    context = get_context("spawn")
    queue = context.Queue()
    with ProcessPoolExecutor(
        min(processes, len(jobs)), mp_context=context, initializer=_begin, initargs=(queue,)
    ) as pool:
        futures = [pool.submit(_do_and_tell, job) for job in jobs]
        try:
            for report in _reports(queue, futures):
                listener(report)
            return [future.result() for future in futures]
        except BaseException:
            # What is done stands in the checkpoints; nobody waits for the rest.
            pool.shutdown(wait=False, cancel_futures=True)
            for child in active_children():
                child.terminate()
            raise


_TELL: list[Any] = []
"""In a worker: the queue to the process that shows the progress."""


def _begin(queue: Any) -> None:
    """Set a worker up; Ctrl-C ends it without words."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    _TELL[:] = [queue]


def _do_and_tell(job: Job) -> dict[str, Any]:
    return _do(_TELL[0].put, job)


def _reports(queue: Any, futures: Sequence[Future[Any]]) -> Iterator[Report]:
    from queue import Empty

    while True:
        try:
            yield queue.get(timeout=0.5)
        except Empty:
            failed = any(future.done() and future.exception() for future in futures)
            if failed or all(future.done() for future in futures):
                return


def _do(listener: Listener, job: Job) -> dict[str, Any]:
    """Train, test, and write both down; what is there already is not done again."""
    done = _tests_of_file(job)
    if done is None:
        done = _test(listener, job)
    listener(Report(job.settings.stem, "done", job.tier.episodes, job.tier.episodes))
    return done


def _test(listener: Listener, job: Job) -> dict[str, Any]:
    from dcpg_theory.drone.evaluation import evaluate
    from dcpg_theory.drone.learning.network import starting_parameters
    from dcpg_theory.drone.learning.training import train

    settings, tier = job.settings, job.tier
    seconds = {"forward": 0.0, "simulate": 0.0, "train": 0.0, "mix": 0.0, "all": 0.0}
    steps = 0

    def told(progress: Progress) -> None:
        nonlocal steps
        steps = progress.steps
        seconds.update(asdict(progress.watch) | {"all": progress.seconds})
        listener(training_report(settings.stem, progress))

    run = train(settings, job.endpoints, tier.episodes, path=job.run_path, callback=told)
    if settings.graph == "none":
        first = starting_parameters(generator(settings.seed, Purpose.START), critic=False)
        policies = {f"SA-{i}": policy for i, policy in enumerate(run.policies)}
        policies[UNTRAINED] = first["policy"]
    else:
        policies = {name_of(settings.graph): run.mean_policy}
    total = len(policies) * len(job.endpoints) * tier.test_episodes
    flights = evaluate(
        policies,
        job.endpoints,
        episodes=tier.test_episodes,
        cap=tier.cap,
        seed=settings.seed,
        callback=lambda k: listener(Report(settings.stem, "testing", k, total)),
    )
    tests = _header(job) | {
        "flights": flights,
        "log": {name: rows.tolist() for name, rows in run.log.items()},
        "backend": _backend(job),
        "steps_here": steps,
        "seconds_here": {name: round(value, 2) for name, value in seconds.items()},
        "versions": versions(),
        "hardware": hardware(),
    }
    text = json.dumps(tests) + "\n"
    write_whole(job.tests_path, lambda file: file.write(text.encode("utf-8")))
    return tests


def _header(job: Job) -> dict[str, Any]:
    tier = asdict(job.tier)
    del tier["seeds"]
    return {"settings": job.settings.as_json(), "tier": tier}


def _tests_of_file(job: Job) -> dict[str, Any] | None:
    """Return the tests of an earlier start, if they are of these settings."""
    try:
        tests = json.loads(job.tests_path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise InvalidInput(f"{job.tests_path}: is no readable file of tests: {error}") from error
    if {name: tests.get(name) for name in ("settings", "tier")} != _header(job):
        raise InvalidInput(
            f"{job.tests_path}: is of other settings; choose another --out, or remove the file"
        )
    found: dict[str, Any] = tests
    return found


def _backend(job: Job) -> str:
    simulator = job.endpoints[0].connect()
    name = simulator.backend
    simulator.close()
    return name


def collected(tests: Sequence[dict[str, Any]], tier: Tier, command: str) -> dict[str, Any]:
    """Return the tests of many runs as one object that JSON can hold.

    ``algorithms`` maps each algorithm to ``flights``, policy -> seed -> environment -> episode, in
    metres, and to ``training``, graph -> seed -> the log of the run.

    Parameters
    ----------
    tests : sequence of dict
        As `run_jobs` returns them.
    tier : Tier
    command : str
        That made them.
    """
    seeds = sorted({test["settings"]["seed"] for test in tests})
    algorithms: dict[str, Any] = {}
    for test in sorted(tests, key=lambda test: seeds.index(test["settings"]["seed"])):
        settings = test["settings"]
        entry = algorithms.setdefault(settings["algorithm"], {"flights": {}, "training": {}})
        for policy, flights in test["flights"].items():
            rounded = [[round(x, 3) for x in row] for row in flights]
            entry["flights"].setdefault(policy, []).append(rounded)
        entry["training"].setdefault(settings["graph"], []).append(_rounded(test["log"]))
    first = tests[0]
    return {
        "kind": "drone table",
        "command": command,
        "backend": first["backend"],
        "tier": asdict(replace(tier, seeds=len(seeds))),
        "seeds": seeds,
        "environments": first["settings"]["environments"],
        "algorithms": algorithms,
        "versions": first["versions"],
        "hardware": first["hardware"],
    }


def name_of(graph: str) -> str:
    """Return how the policy learned over a graph is called: over the paper's ring, DCPG."""
    return DCPG if graph == "ring" else f"{DCPG} ({graph})"


def _rounded(log: dict[str, Any]) -> dict[str, Any]:
    """Return a log with as many digits as mean something, which keeps files small."""
    digits = {"distance": 5, "gradient_norm": 6, "consensus_error": 7, "step_norm": 7}

    def short(value: Any, count: int) -> Any:
        if isinstance(value, list):
            return [short(item, count) for item in value]
        return float(f"{value:.{count}g}")

    return {
        name: short(rows, digits[name]) if name in digits else rows for name, rows in log.items()
    }


def versions() -> dict[str, str]:
    """Return the versions of what decides the numbers."""
    found = {"python": platform.python_version()}
    for name in _LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "absent"
    return found


def hardware() -> str:
    """Return the processor and what JAX computes on."""
    import os

    import jax

    name = platform.processor() or platform.machine()
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                name = line.partition(":")[2].strip()
                break
    except OSError:
        pass
    device = jax.devices()[0].device_kind
    return f"{name}, {os.cpu_count()} cores; JAX on {device}"
