"""Agents on MPI ranks do what they do in one process, to the last bit."""

from __future__ import annotations

import sys
import textwrap

import pytest
from on_ranks import need_mpi, run_program

from dcpg_theory.engine.mpi import Ranks, import_mpi
from dcpg_theory.errors import InvalidInput

need_mpi()

HEAD = """
import sys, warnings
import numpy as np
from mpi4py import MPI
from dcpg_theory.engine import Checkpoint, Record, run_dcpg
from dcpg_theory.engine.estimators import Reinforce
from dcpg_theory.engine.mpi import Ranks
from dcpg_theory.engine.recording import QUANTITIES
from dcpg_theory.errors import DcpgTheoryError, InvalidInput
from dcpg_theory.models import graphs
from dcpg_theory.models.random_problems import random_problem

comm = MPI.COMM_WORLD
N = 5
problem = random_problem(3, N, 6, 2)
ring = graphs.lazy_metropolis(graphs.ring(N))
star = graphs.metropolis(graphs.star(N))
settings = dict(
    step_size=np.linspace(0.5, 0.1, 25), iterations=25, regularization=0.1, path="reference",
    initial=np.random.default_rng(0).standard_normal((N, 6, 2)),
    record=Record(every=6, first=3, states=(1, 2)), check_accuracy=False,
)

def same(found, expected):
    assert found.iterations == expected.iterations and found.stopped == expected.stopped
    assert np.array_equal(found.parameters, expected.parameters)
    assert found.accuracy == expected.accuracy
    assert found.recorded.keys() == expected.recorded.keys()
    for name, series in expected.recorded.items():
        assert np.array_equal(found.recorded[name], series), name
"""


def on_ranks(tmp_path, n_ranks, body, *words):
    program = tmp_path / "program.py"
    program.write_text(HEAD + textwrap.dedent(body) + '\nprint(f"rank {comm.rank} passed")\n')
    done = run_program(n_ranks, program, *map(str, words))
    assert done.returncode == 0, done.stderr
    # mpiexec may put one rank's output inside another's line.
    assert done.stdout.count("passed") == n_ranks, done.stdout


VARIANTS = """
every = tuple(QUANTITIES)
fixed = Record(every=6, first=3, states=(1, 2), quantities=every)
for changed in [
    dict(mixing=ring, record=fixed),
    dict(mixing=graphs.directed_cycle(N), record=fixed),
    dict(mixing=[ring, star, np.eye(N)]),
    dict(mixing=lambda k: star if k % 3 else ring),
    dict(mixing=ring, method="gossip", seed=3),
    dict(mixing=star, method="gradient-tracking"),
    dict(mixing=ring, estimator=Reinforce(3), seed=3),
    dict(mixing=ring, path="sparse"),
    dict(mixing=ring, path="krylov", check_accuracy=True),
]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        same(run_dcpg(problem, comm=comm, **settings | changed),
             run_dcpg(problem, **settings | changed))
"""


def test_every_variant_is_that_of_one_process_to_the_last_bit(tmp_path):
    on_ranks(tmp_path, 3, VARIANTS)


def test_the_comparison_sees_one_bit(tmp_path):
    """The control of the test above: another order of the mixing sums does not pass."""
    body = """
    from dcpg_theory.engine.mixing import Mixing
    forwards = Mixing.__init__
    def backwards(self, *arguments):
        forwards(self, *arguments)
        self._terms.reverse()
    Mixing.__init__ = backwards
    try:
        same(run_dcpg(problem, star, comm=comm, **settings), run_dcpg(problem, star, **settings))
    except AssertionError:
        differs = True
    assert differs
    """
    on_ranks(tmp_path, 2, body)


def test_more_ranks_than_agents_leave_some_idle(tmp_path):
    body = """
    small = random_problem(3, 2, 4, 2)
    pair = graphs.metropolis(graphs.complete(2))
    changed = settings | dict(initial=None)
    for method in ("dcpg", "gossip", "gradient-tracking"):
        same(run_dcpg(small, pair, comm=comm, method=method, **changed),
             run_dcpg(small, pair, method=method, **changed))
    """
    on_ranks(tmp_path, 4, body)


def test_a_run_that_diverges_stops_at_the_same_iteration_on_all_ranks(tmp_path):
    body = """
    steps = np.array([0.1] * 6 + [1e308] * 19)
    for changed in (dict(mixing=ring), dict(mixing=ring, method="gradient-tracking"),
                    dict(mixing=ring, method="gossip", seed=2)):
        changed = settings | changed | dict(step_size=steps, regularization=1e6)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = run_dcpg(problem, comm=comm, **changed)
            same(found, run_dcpg(problem, **changed))
        assert found.stopped and np.isfinite(found.parameters).all()
    """
    on_ranks(tmp_path, 3, body)


def test_a_rank_sends_to_the_ranks_of_neighbours_only(tmp_path):
    body = """
    n = 8
    agents = Ranks(comm, n)
    line = graphs.lazy_metropolis(graphs.path(n))
    from dcpg_theory.engine.rounds import PeriodicMixing
    round_ = PeriodicMixing(line).round(0)
    own = np.array([[float(i)] for i in agents.agents])
    heard, place = agents.exchange(round_, own).finish(), agents.places(round_)
    plan = agents._plans[round_]
    beside = [r for r in (comm.rank - 1, comm.rank + 1) if 0 <= r < comm.size]
    assert list(plan.receives) == list(plan.sends) == beside
    assert plan.topology.Get_dist_neighbors()[:2] == (beside, beside)
    assert sum(map(len, plan.sends.values())) == len(beside)  # one agent at each border
    for i in agents.agents:
        for j in round_.rows[i][0]:
            assert heard[place(j)] == [float(j)]
    """
    on_ranks(tmp_path, 4, body)


def test_a_run_goes_on_from_its_checkpoint_on_another_number_of_ranks(tmp_path):
    body = """
    folder = sys.argv[1]
    changed = settings | dict(method="gradient-tracking", path="krylov")
    kept, streamed = (Record(every=2, first=3, file=f) for f in (None, f"{folder}/run.npy"))

    def run(group, every, **more):
        checkpoint = Checkpoint(f"{folder}/run.npz", every=every, resume=True)
        more |= dict(record=streamed, checkpoint=checkpoint)
        return run_dcpg(problem, ring, comm=group, **changed | more)

    class Cut(Exception):
        pass

    def cut(k, theta):
        assert theta.shape == (N, 6, 2)
        if k >= 15:
            raise Cut

    group = comm.Split(comm.rank < 2, comm.rank)
    if comm.rank < 2:  # two ranks begin, and are cut off
        try:
            run(group, 4, callback=cut)
        except (Cut, DcpgTheoryError):
            stopped = True
        assert stopped
    comm.Barrier()
    found = run(comm, 5)
    expected = run_dcpg(problem, ring, **changed | dict(record=kept))
    assert np.array_equal(found.parameters, expected.parameters)
    if comm.rank == 0:
        same(found, expected)
        same(run(None, 5), expected)
    """
    on_ranks(tmp_path, 3, body, tmp_path)


def test_what_is_wrong_is_said_on_all_ranks(tmp_path):
    body = """
    def message(**changed):
        try:
            run_dcpg(problem, ring, comm=comm, **settings | changed)
        except InvalidInput as error:
            return str(error)
    assert "step_size" in message(step_size=-1.0)
    missing = message(checkpoint=Checkpoint("/no/such/folder/run.npz"))
    assert missing.startswith("/no/such/folder/run.npz: cannot be written"), missing
    other = message(regularization=0.1 * (comm.rank + 1))
    assert other.startswith("rank 1 was given another run than rank 0"), other
    """
    on_ranks(tmp_path, 2, body)


def test_a_communicator_must_be_one():
    with pytest.raises(InvalidInput, match="comm=3 must be an mpi4py communicator"):
        Ranks(3, 5)


def test_without_mpi_the_message_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "mpi4py", None)
    with pytest.raises(InvalidInput, match=r"MPI is not at hand .*install dcpg-theory\[mpi\]"):
        import_mpi()
