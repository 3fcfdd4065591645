r"""Section 5.1: what is said about trained GridWorld agents and Figure 2, and not yet decided."""

from __future__ import annotations

import sys

from dcpg_theory.ledger import Kind, narrate, unsettled

_POSITIONS = (
    "the positions of goals and obstacles stand in Figure 2 only, which is not in the text at hand; "
    "needs GridWorld episodes and trained policies"
)

_STATEMENTS = (
    (
        "sec5-verifies-theory",
        "We first verify the correctness of our theoretical results by applying the decentralized policy gradient (DCPG) algorithm for solving small-scale GridWorld problems",
        247,
        "simulations can agree with a theorem; whether they meet its hypotheses needs the step "
        "sizes and regularization used, which are not stated for GridWorld",
    ),
    (
        "sec5-monte-carlo",
        "In each episode, each agent computes its local gradient by using the Monte-Carlo method.",
        256,
        "how the runs were made; Section 4 studies exact gradients only, so no theorem of the paper "
        "speaks of estimates",
    ),
    (
        "sec5-fig2-environments",
        "Fig.2 (a)–(c) consider experiments on four environments, while (d) and (e) are on six environments.",
        264,
        "the figure is not in the text at hand",
    ),
    (
        "sec5-agreement",
        "After 1000 training episodes, the agents agree on a unified policy, whose performance is tested in parallel in all environments.",
        262,
        "needs GridWorld episodes: with a constant step size Lemma B.2 bounds how far apart the "
        "agents stay, and does not make them agree",
    ),
    (
        "sec5-fig2a",
        "In this case, we can see that the algorithm returns an optimal policy which finds all the goals at the environments.",
        266,
        _POSITIONS,
    ),
    (
        "sec5-fig2b",
        "Although in this case there is a conflict between the tasks, it is solvable, that is, the agents still can find the optimal policy to solve all the task.",
        266,
        _POSITIONS,
    ),
    (
        "sec5-fig2ab-theorem-2",
        "These simulations agree with our results in Theorem 2, which finds the global optimality.",
        266,
        f"{_POSITIONS}; and stands or falls with Theorem 2",
    ),
    (
        "sec5-fig2c-three-of-four",
        "Instead, the agents need to make a compromise, where they finish three out of the four tasks.",
        268,
        f"{_POSITIONS}; sec5-fig2c-unsolvable shows that more than three cannot be finished",
    ),
    (
        "sec5-fig2ab-value",
        "the experiments with no conflict and resolvable conflict have dynamics that allow the optimal value of (5) to be the sum of the optimal values of the individual tasks",
        270,
        _POSITIONS,
    ),
    (
        "sec5-fig2-global",
        "Nevertheless, in all three cases, DCPG successfully finds the global optimality of the global objective function (5).",
        270,
        _POSITIONS,
    ),
    (
        "sec5-fig2d",
        "In (d), if the agents start from the top left corner they cannot find the optimal solution.",
        272,
        _POSITIONS,
    ),
    (
        "sec5-fig2e",
        "However, when the agents start from the top right corner the algorithms return the gobar optimality as shown in (e).",
        272,
        _POSITIONS,
    ),
    (
        "sec5-assumption-2-necessary",
        "This empirical evidence hints that to achieve the global optimality with the DCPG algorithm, conditions on the initial state distribution like Assumption 2 may be necessary.",
        272,
        "a hint, not a statement; by sec5-fig2d-sharp both (d) and (e) satisfy Assumption 2 itself where "
        "Section 5.1 says that identical starts do, and both leave out mu > 0, so that their "
        "difference speaks of neither; Assumption 2 is not necessary in general: "
        "sec5-assumption-2-necessary-sharp",
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
