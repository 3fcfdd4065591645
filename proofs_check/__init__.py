"""The paper, chapter by chapter: claims beside their checks and derivations.

S. Zeng, M. A. Anwar, T. T. Doan, A. Raychowdhury, J. Romberg, "A Decentralized Policy Gradient
Approach to Multi-Task Reinforcement Learning". Statements are quoted from a text extraction of the
paper; `PAPER_SHA256` names it, and each claim the lines it was taken from.
"""

CHAPTERS = (
    "proofs_check.section_2",
    "proofs_check.section_2_bounds",
    "proofs_check.section_2_single_task",
    "proofs_check.section_2_example_1",
    "proofs_check.section_2_example_2",
    "proofs_check.section_3",
    "proofs_check.section_3_algorithm",
    "proofs_check.assumption_1",
    "proofs_check.section_4_remarks",
    "proofs_check.theorem_1",
    "proofs_check.theorem_1_whole",
    "proofs_check.theorem_1_hypotheses",
    "proofs_check.section_4_conflict",
    "proofs_check.section_4_optimality",
    "proofs_check.section_4_theorem_2",
    "proofs_check.theorem_2_whole",
    "proofs_check.announcements",
    "proofs_check.rates_in_words",
    "proofs_check.section_5",
    "proofs_check.section_5_figures",
    "proofs_check.section_5_fig2",
    "proofs_check.section_5_network",
    "proofs_check.section_5_table",
    "proofs_check.section_5_drone",
    "proofs_check.section_5_flights",
    "proofs_check.appendix_a",
    "proofs_check.appendix_a_gradient",
    "proofs_check.appendix_a_matrices",
    "proofs_check.appendix_a_stationary",
    "proofs_check.appendix_a_returns",
    "proofs_check.appendix_b",
    "proofs_check.appendix_b1",
    "proofs_check.appendix_b1_descent",
    "proofs_check.appendix_b1_bounds",
    "proofs_check.appendix_b1_minima",
    "proofs_check.appendix_b1_words",
    "proofs_check.appendix_b1_links",
    "proofs_check.proposition",
    "proofs_check.confirmed_runs",
    "proofs_check.appendix_b2",
    "proofs_check.appendix_b2_count",
    "proofs_check.appendix_b3",
    "proofs_check.appendix_b3_bound",
    "proofs_check.appendix_b3_gradient",
    "proofs_check.appendix_b4",
    "proofs_check.appendix_b5",
    "proofs_check.appendix_b5_norms",
    "proofs_check.appendix_b5_action_values",
    "proofs_check.appendix_b5_lemma",
    "proofs_check.appendix_b5_softmax",
    "proofs_check.appendix_b5_sums",
    "proofs_check.appendix_b5_constants",
    "proofs_check.appendix_b5_mixture",
    "proofs_check.appendix_b5_sharp",
    "proofs_check.appendix_b6",
    "proofs_check.appendix_b6_bounds",
    "proofs_check.appendix_b6_constants",
    "proofs_check.gradient_tracking",
)

SEARCHES = (
    "proofs_check.searches.policies",
    "proofs_check.searches.values",
    "proofs_check.searches.processes",
    "proofs_check.searches.row_bounds",
    "proofs_check.searches.propositions",
    "proofs_check.searches.agents",
    "proofs_check.searches.runs",
)

SEARCHES_LEFT_OUT = "proofs_check.searches.left_out"

PAPER_SHA256 = "303cf09c9799f28fa18e26027fdfac66f6ce3303daee3d5b15f4d80186fd6790"
