r"""Section 5.1: what is said about trained GridWorld agents and Figure 2, and not yet decided."""

from __future__ import annotations

import sys

from dcpg_theory.ledger import Kind, narrate, unsettled

_STATEMENTS = (
    (
        "sec5-verifies-theory",
        "We first verify the correctness of our theoretical results by applying the decentralized policy gradient (DCPG) algorithm for solving small-scale GridWorld problems",
        247,
        "simulations can agree with a theorem; whether they meet its hypotheses needs the step "
        "sizes and regularization used, which are not stated for GridWorld",
    ),
    (
        "sec5-agreement",
        "After 1000 training episodes, the agents agree on a unified policy, whose performance is tested in parallel in all environments.",
        262,
        "needs the figure's maps, step sizes and a measure of agreement: with a constant step size "
        "Lemma B.2 bounds how far apart the agents stay, and does not make them agree. On the maps "
        "of gridworld:fig2a two agents' policies differ by 0.002 in total variation after 1000 "
        "episodes with step size 2, on those of fig2c, where tasks conflict, by 0.38",
    ),
    (
        "sec5-assumption-2-necessary",
        "This empirical evidence hints that to achieve the global optimality with the DCPG algorithm, conditions on the initial state distribution like Assumption 2 may be necessary.",
        272,
        "a hint, not a statement; by sec5-fig2d-sharp both (d) and (e) satisfy Assumption 2 itself where "
        "Section 5.1 says that identical starts do, and both leave out mu > 0, so that their "
        "difference speaks of neither; Assumption 2 is not necessary in general: "
        "sec5-assumption-2-necessary-sharp. On reconstructed maps a positive mu alone is enough, "
        "sec5-fig2d-exploring-sharp, and so are more iterations, sec5-fig2d",
    ),
)
figures = tuple(
    unsettled(
        id,
        where="Section 5.1",
        statement=statement,
        kind=Kind.EMPIRICAL,
        lines=(line, line),
        reason=reason,
    )
    for id, statement, line, reason in _STATEMENTS
)


if __name__ == "__main__":
    narrate(vars(sys.modules[__name__]))
