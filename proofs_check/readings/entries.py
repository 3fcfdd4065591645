r"""The displays of Appendix B.5 that are printed entry by entry: (57)-(60), read on one instance."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from typing import Any

from dcpg_theory.exact.latex import normalized, parse
from proofs_check.chains.derivative_bounds import any_vector
from proofs_check.chains.derivatives import AT_PAIR
from proofs_check.instances.turning_policies import Turning
from proofs_check.readings.operators import MAX_OVER_U, read_operator

__all__ = ["MAX_OVER_PAIRS", "Pair", "entry_names", "member", "pairs"]

Pair = tuple[int, int]

MAX_OVER_PAIRS = normalized(r"\max_{s,a}")
_ALL_PAIRS = normalized(r"\sum_{a',s'}")
_ALL_STATES, _ALL_ACTIONS = normalized(r"\sum_{s'}"), normalized(r"\sum_{a'}")
_NORM_OF_X = r"\|x\|_\infty"


def _space(case: Turning) -> list[Pair]:
    states, actions = case.jets[0].shape
    return list(itertools.product(range(states), range(actions)))


def pairs(case: Turning) -> Iterator[tuple[Pair, Pair]]:
    """Yield all (s, a), (s', a') of an instance."""
    yield from itertools.product(_space(case), repeat=2)


def entry_names(case: Turning, here: Pair, there: Pair) -> dict[str, Any]:
    """Return the values of the symbols with indices, at the pairs (s, a) and (s', a')."""
    (s, a), (s1, a1) = here, there
    policy, turned = case.jets[:2]
    slope = r"\frac{d\pi_\alpha(%s)}{d\alpha} \Big|_{\alpha=0}"
    there_slope = slope % "a'|s'"
    return {
        r"\pi_\alpha(a'|s')": policy[s1, a1],
        r"\pi_\alpha(a|s)": policy[s, a],
        there_slope: turned[s1, a1],
        slope % "a|s": turned[s, a],
        rf"\left| {there_slope} \right|": abs(turned[s1, a1]),
        "P_i(s'|s, a)": case.task.transitions[s, a, s1],
        "P_i(s|s', a')": case.task.transitions[s1, a1, s],
    }


def member(text: str, case: Turning) -> list[Any]:
    """Return one member of (60) or (61) for every (s, a), before any maximum is taken."""
    body = text.replace(MAX_OVER_U, "").replace(MAX_OVER_PAIRS, "")
    vector = [entry for (entry,) in case.entries(AT_PAIR @ any_vector().vector)[:, 0]]
    norm = {_NORM_OF_X: max(map(abs, vector))}
    if r"\tilde{P}" in body:
        inside = re.sub(r"^\\?\|\[?|\]_\{\\alpha=0\}|\\?\|_(\\infty|\{s,a\})$", "", body)
        return [abs(entry) for (entry,) in case.entries(AT_PAIR @ read_operator(inside))[:, 0]]
    if r"\sum" not in body:
        constants = {"C" + "'" * k: case.constant(k) for k in (1, 2, 3)}
        return [parse(body, norm | constants)] * len(vector)
    return [_sum(body, case, here, vector, norm) for here in _space(case)]


def _sum(body: str, case: Turning, here: Pair, vector: list[Any], norm: dict[str, Any]) -> Any:
    space = _space(case)
    if _ALL_ACTIONS in body:
        outer, _, inner = body.removeprefix(_ALL_STATES).partition(_ALL_ACTIONS)
        return sum(
            parse(outer, entry_names(case, here, there) | norm)
            * parse(inner, entry_names(case, here, there))
            for there in space
        )
    inside = body.removeprefix("|") if body.startswith("|" + _ALL_PAIRS) else body
    summand = inside.removeprefix(_ALL_PAIRS)
    total = 0
    for there, entry in zip(space, vector, strict=True):
        names = entry_names(case, here, there) | {"x_{a',s'}": entry, "|x_{a',s'}|": abs(entry)}
        total += parse(summand.removesuffix("|") if inside != body else summand, names)
    return abs(total) if inside != body else total
