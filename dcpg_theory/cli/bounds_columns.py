"""What ``dcpg bounds`` is asked, and its answer as plain data, for the table and for JSON."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dcpg_theory.bounds import Bound, Sizes, Spectrum, sizes
from dcpg_theory.bounds.admissible import theorem_1_step, theorem_2_step
from dcpg_theory.bounds.arithmetic import as_json, at_working_precision, below, exact
from dcpg_theory.bounds.inverse import accuracy_within, iterations_for_gradient
from dcpg_theory.bounds.optimality import theorem_2
from dcpg_theory.bounds.smoothness import constants
from dcpg_theory.bounds.statements import Statement
from dcpg_theory.bounds.stationarity import theorem_1
from dcpg_theory.cli.bounds_graphs import spectrum_named
from dcpg_theory.errors import AssumptionViolated, InvalidInput

if TYPE_CHECKING:
    from dcpg_theory.bounds.instance import Measured
    from dcpg_theory.models.multi_task_problem import MultiTaskProblem

__all__ = ["Question", "answer", "question"]

_THREE = (Statement.PRINTED, Statement.CORRECTED, Statement.SHARP)
_SIZES = ("agents", "discount", "states", "actions", "reward_range")


@dataclass(frozen=True, slots=True)
class Question:
    """The inputs, checked and exact; None for what is missing.

    Attributes
    ----------
    of : Measured, Sizes or None
        None if a size is missing.
    spectrum : Spectrum or None
    iterations, budget : int or None
    regularization, step_size, initial_entropy, epsilon, mismatch, target : fmpq or None
    mismatch_of : str or None
        Where the coefficient comes from.
    given : mapping
        The options as they were typed.
    """

    of: Measured | Sizes | None
    problem: MultiTaskProblem | None
    spectrum: Spectrum | None
    iterations: int | None
    budget: int | None
    regularization: Any
    step_size: Any
    initial_entropy: Any
    epsilon: Any
    mismatch: Any
    mismatch_of: str | None
    target: Any
    compared: Mapping[str, Spectrum]
    given: Mapping[str, Any]

    @property
    def further(self) -> tuple[Statement, ...]:
        """The columns beside printed, corrected and sharp."""
        own = () if self.problem is None else (Statement.INSTANCE,)
        return (*own, Statement.TRACKING)

    @property
    def statements(self) -> tuple[Statement, ...]:
        """All columns."""
        return (*_THREE, *self.further)

    @property
    def sizes(self) -> Sizes | None:
        """The sizes, of a problem too."""
        if self.of is None or isinstance(self.of, Sizes):
            return self.of
        return self.of.sizes


def question(**given: Any) -> Question:
    """Return the checked question of the command's options.

    Raises
    ------
    InvalidInput
        If an option is malformed or options do not go together.
    AssumptionViolated
        If a discount is not in (0, 1), or the agents cannot reach consensus.
    """
    numbers = {
        name: None if given[name] is None else exact(given[name], name.replace("_", "-"))
        for name in (
            "regularization",
            "step_size",
            "initial_entropy",
            "epsilon",
            "mismatch",
            "target_gradient",
        )
    }
    problem: MultiTaskProblem | None = None
    of: Measured | Sizes | None = None
    n = _agents(given)
    if given["problem"] is not None:
        problem, of = _problem(given)
        n = problem.n_tasks
    elif given["discount"] and given["states"] and given["actions"]:
        of = sizes(
            given["discount"],
            given["states"],
            given["actions"],
            agents=given["agents"],
            reward_ranges=given["reward_range"] or ((0, 1),),
        )
    elif given["discount"]:
        sizes(given["discount"], 1, 1, agents=given["agents"])  # for its complaints
    mismatch, mismatch_of = numbers.pop("mismatch"), None
    if mismatch is not None:
        mismatch_of = "given"
    elif problem is not None:
        mismatch, mismatch_of = _found_mismatch(problem)
    return Question(
        of=of,
        problem=problem,
        spectrum=_spectrum(given["graph"], given["mixing"], n),
        iterations=_count("iterations", given["iterations"]),
        budget=_count("budget", given["budget"]),
        target=numbers.pop("target_gradient"),
        mismatch=mismatch,
        mismatch_of=mismatch_of,
        compared={graph: _compared(graph, given["mixing"], n) for graph in given["compare"]},
        given=given,
        **numbers,
    )


def _agents(given: Mapping[str, Any]) -> int:
    if given["problem"] is None and given["agents"] is None and not given["discount"]:
        raise InvalidInput("give --agents and --discount, or --problem")
    return int(given["agents"] or len(given["discount"]))


def _problem(given: Mapping[str, Any]) -> tuple[MultiTaskProblem, Measured]:
    from dcpg_theory.bounds.instance import measured
    from dcpg_theory.models.named_problems import problem

    for name in _SIZES:
        if given[name]:
            option = name.replace("_", "-")
            raise InvalidInput(f"--{option} and --problem exclude each other: a problem has sizes")
    loaded = problem(given["problem"])
    return loaded, measured(loaded)


def _found_mismatch(problem: MultiTaskProblem) -> tuple[Any, str | None]:
    from dcpg_theory.bounds.coefficient import mismatch

    try:
        found = mismatch(problem)
    except AssumptionViolated:
        return None, None  # Theorem 2 says why
    return found.value, "an optimal policy" if found.certified else "a bound for all policies"


def _spectrum(graph: str | None, mixing: str, n: int) -> Spectrum | None:
    found = spectrum_named(graph, mixing, n)
    if found is not None and not found.gap > 0:
        name = f"--graph {graph}" if graph else f"--mixing {mixing}"
        raise AssumptionViolated(
            f"{name}: the agents cannot reach consensus, sigma_2 = 1; Assumption 1 asks for a "
            "connected graph"
        )
    return found


def _compared(graph: str, mixing: str, n: int) -> Spectrum:
    found = _spectrum(graph, mixing, n)
    assert found is not None  # a graph is named
    return found


def _count(name: str, text: str | None) -> int | None:
    if text is None:
        return None
    number = exact(text, name)
    if number.q != 1 or number < 1:
        raise InvalidInput(f"--{name} {text} must be an integer of at least 1")
    return int(number.p)


@at_working_precision
def answer(asked: Question) -> dict[str, Any]:
    """Return everything that ``--json`` writes."""
    parts = {
        "constants": _constants,
        "step_size": _steps,
        "theorem_1": _first,
        "theorem_2": _second,
    }
    data: dict[str, Any] = {"inputs": _inputs(asked), "mixing": _mixing(asked.spectrum)}
    for part, of in parts.items():
        data[part] = {str(statement): of(asked, statement) for statement in _THREE}
    for statement in asked.further:
        data[str(statement)] = {part: of(asked, statement) for part, of in parts.items()}
    if asked.target is not None:
        data["target_gradient"] = {str(of): _target(asked, of) for of in asked.statements}
    if asked.budget is not None:
        data["budget"] = {str(of): _budget(asked, of) for of in asked.statements}
    if asked.compared:
        data["compare"] = {
            graph: _on_graph(asked, spectrum) for graph, spectrum in asked.compared.items()
        }
    return data


def _inputs(asked: Question) -> dict[str, Any]:
    given, of = asked.given, asked.sizes
    inputs: dict[str, Any] = {name: given[name] for name in ("problem", "graph", "mixing")}
    inputs["agents"] = given["agents"] or len(given["discount"]) or None
    inputs["states"], inputs["actions"] = given["states"], given["actions"]
    inputs["discount"] = [as_json(exact(text, "discount"), float) for text in given["discount"]]
    inputs["reward_range"] = [
        [as_json(exact(end, "reward-range"), float) for end in pair]
        for pair in given["reward_range"] or ((0, 1),)
    ]
    if of is not None:
        inputs |= {"agents": of.n_agents, "states": of.n_states, "actions": of.n_actions}
        inputs["tasks"] = [
            {
                "discount": as_json(task.discount, float),
                "states": task.n_states,
                "reward_length": as_json(task.reward_length, float),
                "count": count,
            }
            for task, count in of.tasks
        ]
    inputs |= {"iterations": asked.iterations, "budget": asked.budget}
    for name in ("regularization", "step_size", "initial_entropy", "epsilon", "mismatch"):
        inputs[name] = as_json(getattr(asked, name), float)
    inputs["mismatch_of"] = asked.mismatch_of
    inputs["target_gradient"] = as_json(asked.target, float)
    return inputs


def _mixing(spectrum: Spectrum | None) -> dict[str, Any]:
    names = ("second_singular_value", "smallest_singular_value", "smallest_eigenvalue")
    found = {name: None if spectrum is None else getattr(spectrum, name) for name in names}
    found["spectral_gap"] = None if spectrum is None else spectrum.gap
    data = {name: as_json(value, _middle) for name, value in found.items()}
    data["certified_gap"] = as_json(found["spectral_gap"], below)
    return data | {"source": None if spectrum is None else spectrum.source}


def _middle(value: Any) -> float:
    return 0.0 if hasattr(value, "mid") and value.contains(0) else float(value)


# One column -------------------------------------------------------------------------------------


def _constants(asked: Question, statement: Statement) -> dict[str, Any]:
    names = (
        "softmax_first",
        "softmax_second",
        "value_gradient_norm",
        "value_smoothness",
        "regularizer_lipschitz",
        "regularizer_smoothness",
        "gradient_total",
        "smoothness_total",
    )
    if asked.sizes is None:
        return dict.fromkeys(names)
    basis = statement if statement in _THREE else Statement.SHARP
    lam, unit = asked.regularization, asked.sizes.common_length
    if basis is not Statement.SHARP and lam is not None and unit is not None:
        lam = lam / unit
    found = constants(asked.sizes, basis, lam)
    data: dict[str, Any] = {}
    for name in names:
        value = getattr(found, name)
        data[name] = [as_json(x) for x in value] if isinstance(value, tuple) else as_json(value)
    if statement not in _THREE and not isinstance(asked.of, Sizes | None):
        tasks = asked.of.tasks
        data["value_gradient_norm"] = [as_json(task.gradient_norm) for task in tasks]
        data["value_smoothness"] = [as_json(task.smoothness) for task in tasks]
        data["value_span"] = [as_json(task.span) for task in tasks]
        data["choosing_states"] = [task.choosing for task in tasks]
        data["gradient_total"] = data["smoothness_total"] = None
    return data


def _steps(asked: Question, statement: Statement) -> dict[str, Any]:
    of, spectrum = asked.of, asked.spectrum
    first = second = None
    if of is not None and spectrum is not None:
        if asked.regularization is not None:
            first = _or_none(
                lambda: theorem_1_step(
                    of, spectrum, regularization=asked.regularization, statement=statement
                )
            )
        if asked.epsilon is not None and asked.mismatch is not None:
            second = _or_none(
                lambda: theorem_2_step(
                    of,
                    spectrum,
                    accuracy=asked.epsilon,
                    mismatch=asked.mismatch,
                    statement=statement,
                )
            )
    return {"theorem_1": as_json(first, below), "theorem_2": as_json(second, below)}


def _or_none(calculate: Callable[[], Any]) -> Any:
    try:
        return calculate()
    except AssumptionViolated:
        return None


def _described(found: Bound | None, reason: str | None) -> dict[str, Any]:
    """Return what every column says of its number beside the number."""
    return {
        "regularization": as_json(found and found.regularization),
        "formula": found and found.formula,
        "assumptions": found and list(found.assumed),
        "claims": found and list(found.claims),
        "notes": list(found.notes) if found else [],
        "does_not_apply": reason,
    }


def _tried(calculate: Callable[[], Bound]) -> tuple[Bound | None, str | None]:
    try:
        return calculate(), None
    except AssumptionViolated as error:
        return None, str(error)


def _first(asked: Question, statement: Statement) -> dict[str, Any]:
    found, reason = None, None
    of, spectrum, iterations = asked.of, asked.spectrum, asked.iterations
    complete = None not in (of, spectrum, iterations, asked.regularization)
    if complete:
        found, reason = _tried(lambda: _theorem_1(asked, statement, spectrum, iterations))
    data = {
        "bound": as_json(found and found.enclosure),
        "bound_squared": as_json(found and found.enclosure**2),
        "step_size": as_json(found and found.step_size, below),
        "terms": found and {name: as_json(term) for name, term in found.terms.items()},
    }
    if statement is Statement.PRINTED:
        data["order_11"] = as_json(found and found.extra.get("order_11"))
    return data | _described(found, reason)


def _theorem_1(asked: Question, statement: Statement, spectrum: Any, iterations: Any) -> Bound:
    of: Any = asked.of
    return theorem_1(
        of,
        spectrum,
        regularization=asked.regularization,
        iterations=iterations,
        statement=statement,
        step_size=asked.step_size,
        initial_entropy=asked.initial_entropy,
    )


def _theorem_2(asked: Question, statement: Statement, spectrum: Any) -> Bound:
    of: Any = asked.of
    return theorem_2(
        of,
        spectrum,
        accuracy=asked.epsilon,
        mismatch=asked.mismatch,
        statement=statement,
        initial_entropy=asked.initial_entropy,
    )


def _second(asked: Question, statement: Statement) -> dict[str, Any]:
    found, reason = None, None
    needed = [asked.of, asked.spectrum, asked.epsilon]
    if asked.problem is None:
        needed.append(asked.mismatch)
    if None not in needed:
        found, reason = _tried(lambda: _theorem_2(asked, statement, asked.spectrum))
    data: dict[str, Any] = {
        "step_size": as_json(found and found.step_size, below),
        "iterations": found and int(found.value),
    }
    if statement in (Statement.PRINTED, Statement.CORRECTED):
        name = "order_14" if statement is Statement.PRINTED else "explicit_14"
        data[name] = as_json(found and found.extra.get(name))
    return data | _described(found, reason)


def _target(asked: Question, statement: Statement) -> dict[str, Any]:
    found, reason = None, None
    of: Any = asked.of
    spectrum: Any = asked.spectrum
    if None not in (of, spectrum, asked.regularization):
        found, reason = _tried(
            lambda: iterations_for_gradient(
                of,
                spectrum,
                target=asked.target,
                regularization=asked.regularization,
                statement=statement,
                initial_entropy=asked.initial_entropy,
            )
        )
    return {
        "iterations": found and int(found.value),
        "step_size": as_json(found and found.step_size, below),
        "does_not_apply": reason,
    }


def _budget(asked: Question, statement: Statement) -> dict[str, Any]:
    gradient, accuracy, reasons = None, None, []
    of: Any = asked.of
    spectrum: Any = asked.spectrum
    if None not in (of, spectrum, asked.regularization):
        gradient, reason = _tried(lambda: _theorem_1(asked, statement, spectrum, asked.budget))
        reasons.append(reason)
    if None not in (of, spectrum) and (asked.problem is not None or asked.mismatch is not None):
        accuracy, reason = _tried(
            lambda: accuracy_within(
                of,
                spectrum,
                iterations=asked.budget or 1,
                mismatch=asked.mismatch,
                statement=statement,
                initial_entropy=asked.initial_entropy,
            )
        )
        reasons.append(reason)
    return {
        "gradient": as_json(gradient and gradient.enclosure),
        "gradient_step_size": as_json(gradient and gradient.step_size, below),
        "epsilon": as_json(accuracy and accuracy.enclosure),
        "epsilon_step_size": as_json(accuracy and accuracy.step_size, below),
        "notes": list(accuracy.notes) if accuracy else [],
        "does_not_apply": "; ".join(reason for reason in reasons if reason) or None,
    }


def _on_graph(asked: Question, spectrum: Spectrum) -> dict[str, Any]:
    from dataclasses import replace

    there = replace(asked, spectrum=spectrum)
    return {
        "mixing": _mixing(spectrum),
        "theorem_1": {str(of): _short(_first(there, of)) for of in asked.statements},
        "theorem_2": {str(of): _short(_second(there, of)) for of in asked.statements},
    }


def _short(column: Mapping[str, Any]) -> dict[str, Any]:
    names: Sequence[str] = ("bound", "step_size", "iterations", "does_not_apply")
    return {name: column[name] for name in names if name in column}
