r"""Chains about the softmax (4) and the relative entropy (6), up to the gradient (8).

Beside the atoms of `gradient_chain`: ``w`` multiplies by exp(theta), ``Sum`` : SA -> S adds over the
actions, ``Z`` multiplies by z(s), the sum of exp(theta) at s, ``sum`` adds over the states. The
scalars n = 1/|S|, m = 1/|A|, lambda and log|A| are free.
"""

from __future__ import annotations

from dcpg_theory.exact.boxes import Box, open_interval
from dcpg_theory.exact.chains import Chain, Line, Link, Multiple, RuleUse
from dcpg_theory.exact.operators import SCALARS, Operator, unit
from dcpg_theory.exact.rational_functions import symbols
from dcpg_theory.exact.rules import Fact
from proofs_check.chains.gradient import DERIVATION, atom, concluding, still, turns
from proofs_check.chains.mdp_operators import B, equal, hypothesis, link, state_ones

__all__ = ["closed_form", "log_derivative", "positive_policy", "regularized_gradient"]

_e_s, _e_sa = atom("e_s", "S", SCALARS), atom("e_sa", "SA", SCALARS)
_chance = atom("pi(a|s)", SCALARS, SCALARS)
_theta, _thetad = atom("theta", "SA", SCALARS), atom("theta'", "SA", SCALARS)
_lnpi, _lnpid = atom("ln pi", "SA", SCALARS), atom("(ln pi)'", "SA", SCALARS)
_lnz, _lnzd = atom("ln z", "S", SCALARS), atom("(ln z)'", "S", SCALARS)
_z, _zd = atom("z", "S", SCALARS), atom("z'", "S", SCALARS)
_exp, _expd = atom("exp theta", "SA", SCALARS), atom("(exp theta)'", "SA", SCALARS)
_w, _sum_a = atom("w", "SA", "SA"), atom("Sum", "S", "SA")
_Z, _inverse = atom("Z", "S", "S"), atom("Z^-1", "S", "S")
_weigh = _inverse @ _sum_a @ _w

# Each link is one `=` of the derivative of ln pi in Appendix B.4.
_SOFTMAX: tuple[Line, ...] = (
    hypothesis("ln(4)", equal(_lnpi, _theta - B @ _lnz), "the logarithm of the quotient (4)"),
    hypothesis("z", equal(_z, _sum_a @ _exp), "z(s) = sum_a exp(theta_{s,a})"),
    hypothesis("Z", equal(_inverse @ _Z, unit("S")), "z(s) > 0, so Z = diag(z) is invertible"),
    turns("theta'", _theta, _thetad, "theta moves"),
    turns("(ln pi)'", _lnpi, _lnpid, "ln pi moves"),
    turns("(ln z)'", _lnz, _lnzd, "ln z moves"),
    turns("z'", _z, _zd, "z moves"),
    turns("(exp theta)'", _exp, _expd, "exp theta moves"),
    still("B'=0", B, "copying does not"),
    still("Sum'=0", _sum_a, "nor does adding"),
    hypothesis("exp'", equal(_expd, _w @ _thetad), "exp' = exp, with w = diag(exp theta)"),
    hypothesis("z (ln z)'", equal(_Z @ _lnzd, _zd), "z (ln z)' = z'"),
    RuleUse("dln(4)", "derivative", {"fact": "ln(4)"}),
    RuleUse("dz", "derivative", {"fact": "z"}),
    link("log-of-softmax", equal(_lnpid, _thetad - B @ _lnzd), ["dln(4)"], "differentiate"),
    hypothesis("along", equal(_thetad, _e_sa), "theta moves along theta_{s,a}"),
    link(
        "log-quotient",
        equal(_lnpid, _e_sa - B @ _weigh @ _e_sa),
        [
            "log-of-softmax",
            Multiple("along", unit("SA") - B @ _weigh),
            Multiple("exp'", -B @ _inverse @ _sum_a),
            Multiple("dz", -B @ _inverse),
            Multiple("z (ln z)'", -B @ _inverse),
            Multiple("Z", B, _lnzd),
        ],
        "(ln z)' = Z^-1 Sum w theta'",
    ),
    hypothesis(
        "(4)",
        equal(_Z @ _e_s @ _chance, _sum_a @ _w @ _e_sa),
        "(4) at (s, a): z(s) pi(a|s) = exp(theta_{s,a}), which belongs to state s alone",
    ),
    link(
        "log-closed",
        equal(_lnpid, _e_sa - B @ _e_s @ _chance),
        [
            "log-quotient",
            Multiple("(4)", B @ _inverse),
            Multiple("Z", -B, _e_s @ _chance),
        ],
        "exp / sum of exp is pi",
    ),
)


def log_derivative(name: str) -> Chain:
    """Return the chain up to one link of the derivative of ln pi."""
    return concluding(f"the softmax, {name}", _SOFTMAX, name)


def positive_policy() -> Chain:
    """0 < pi for every theta: z pi = w with w > 0. Scaling all weights changes nothing: z < 1."""
    total = symbols("z")[0]
    weights, chances = atom("w", "A", SCALARS), atom("pi", "A", SCALARS)
    zero = Operator.zero("A", SCALARS)
    divide = unit("A").scaled(1 / total)
    lines = (
        hypothesis("w>0", Fact(zero, "<", weights), "exp(theta) > 0"),
        hypothesis("softmax", equal(chances.scaled(total), weights), "(4): z pi = w"),
        link(
            "pi>0",
            Fact(zero, "<", chances),
            [Multiple("w>0", divide), Multiple("softmax", -divide)],
            "divide by z",
        ),
    )
    return concluding(
        "softmax probabilities are positive", lines, "pi>0", Box(z=open_interval(0, 1))
    )


_n, _m, _log, _lambda = symbols("n", "m", "log_A", "lambda")
_entropy, _entropyd = atom("RE", SCALARS, SCALARS), atom("RE'", SCALARS, SCALARS)
_divergence = atom("KL", "S", SCALARS)
_some_state, _some_action = atom("Unif_S", SCALARS, "S"), atom("U_A", "S", "SA")
_sum_s = atom("sum", SCALARS, "S")
_ENTROPY: tuple[Line, ...] = (
    hypothesis("RE", equal(_entropy, _some_state @ _divergence), "RE is the average of KL over S"),
    hypothesis(
        "KL",
        equal(_divergence, -_some_action @ (_lnpi + (B @ state_ones).scaled(_log))),
        "KL(U, pi) = E_U[-log(pi / (1/|A|))] = -E_U[log pi + log|A|]",
    ),
    hypothesis("Unif_S", equal(_some_state, _sum_s.scaled(_n)), "1/|S| for every state"),
    hypothesis("U_A", equal(_some_action, _sum_a.scaled(_m)), "1/|A| for every action"),
    hypothesis("|S|", equal((_sum_s @ state_ones).scaled(_n), unit(SCALARS)), "n = 1/|S|"),
    hypothesis("|A|", equal((_sum_a @ B).scaled(_m), unit("S")), "m = 1/|A|"),
    link(
        "closed",
        equal(_entropy, (_sum_s @ _sum_a @ _lnpi).scaled(-_n * _m) - unit(SCALARS).scaled(_log)),
        [
            "RE",
            Multiple("KL", _some_state),
            Multiple("Unif_S", None, -_some_action @ (_lnpi + (B @ state_ones).scaled(_log))),
            Multiple("U_A", _sum_s.scaled(-_n), _lnpi + (B @ state_ones).scaled(_log)),
            Multiple("|A|", _sum_s.scaled(-_n * _log), state_ones),
            Multiple("|S|", unit(SCALARS).scaled(-_log)),
        ],
        "add up, and the averages of log|A| are log|A|",
    ),
)


def closed_form() -> Chain:
    """RE = -1/(|S||A|) sum_s sum_a log pi(a|s) - log|A|, for all numbers of states and actions."""
    return concluding("the relative entropy in closed form", _ENTROPY, "closed")


_objective, _objectived = atom("L_i", SCALARS, SCALARS), atom("L_i'", SCALARS, SCALARS)
_start = atom("V(rho)", SCALARS, SCALARS)
_one = unit(SCALARS)


def regularized_gradient() -> Chain:
    """(8): the gradient of the value less lambda times that of the relative entropy."""
    gradient = next(
        line for line in DERIVATION if isinstance(line, Link) and line.name == "gradient"
    )
    decided = (_one.scaled(_m) - _chance).scaled(_n)
    added = _sum_s @ _sum_a
    lines: tuple[Line, ...] = (
        *DERIVATION,
        *(line for line in _SOFTMAX if line.name != "B'=0"),
        *_ENTROPY,
        still("sum'=0", _sum_s, "adding over the states does not depend on theta"),
        turns("RE'", _entropy, _entropyd, "the relative entropy moves"),
        turns("L_i'", _objective, _objectived, "and the objective"),
        RuleUse("dRE", "derivative", {"fact": "closed"}),
        hypothesis("e_sa", equal(added @ _e_sa, _one), "the entries of e_sa add up to one"),
        hypothesis("e_s", equal(_sum_s @ _e_s, _one), "and so do those of e_s"),
        link(
            "entropy'",
            equal(_entropyd, -decided),
            [
                "dRE",
                Multiple("log-closed", added.scaled(-_n * _m)),
                Multiple("e_sa", _one.scaled(-_n * _m)),
                Multiple("|A|", _sum_s.scaled(_n), _e_s @ _chance),
                Multiple("e_s", _one.scaled(_n), _chance),
            ],
            "RE' = -n m (1 - |A| pi(a|s)) = n (pi(a|s) - m)",
        ),
        hypothesis(
            "(7)", equal(_objective, _start - _entropy.scaled(_lambda)), "(7), for one task"
        ),
        RuleUse("d(7)", "derivative", {"fact": "(7)"}),
        link(
            "(8)",
            equal(_objectived, gradient.fact.right + decided.scaled(_lambda)),
            ["d(7)", "gradient", Multiple("entropy'", _one.scaled(-_lambda))],
            "the gradient of the value, and -lambda RE'",
        ),
    )
    return concluding("the gradient (8)", lines, "(8)")
