"""The answer of ``dcpg bounds`` on the screen: one row a quantity, one column a statement."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

__all__ = ["number", "print_answer"]

_NOTHING = "–"
_CONSTANTS = {
    "value_gradient_norm": "norm of grad V_j, at most",
    "value_smoothness": "smoothness of V_j",
    "regularizer_lipschitz": "lambda RE is Lipschitz with",
    "regularizer_smoothness": "lambda RE is smooth with",
}
_SAID = ("says nothing", "for rewards mapped")
"""How the notes begin that stand under the table; all are in the JSON."""
_FURTHER = ("instance", "gradient-tracking")
_PARTS = ("constants", "step_size", "theorem_1", "theorem_2")
_TERMS = {
    "optimization": "  by optimization",
    "consensus": "  by consensus",
    "agent": "  by agent and mean",
    "regularization": "  by regularization",
}


def number(value: Any) -> str:
    """Return a number in four digits, or a whole one below a million as it is."""
    if value is None:
        return _NOTHING
    if isinstance(value, str):  # beyond doubles
        mantissa, _, exponent = value.partition("e")
        return f"{float(mantissa):.4g}e{exponent}"
    if isinstance(value, int):
        if value < 10**6:
            return str(value)
        digits = str(value)
        return f"{digits[0]}.{digits[1:4]}e+{len(digits) - 1:02d}"
    return f"{value:.4g}"


def print_answer(console: Console, data: Mapping[str, Any]) -> None:
    """Print the spectrum, the table of the columns, and under it why a column is empty."""
    _print_mixing(console, data)
    columns = [
        *data["theorem_1"],
        *(name for name in ("instance", "gradient-tracking") if name in data),
    ]
    data = {**data, **{part: _all_columns(data, part, columns) for part in _PARTS}}
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    table.add_column("")
    for name in columns:
        table.add_column(name.replace("-", "\n"), justify="right")
    _add_constants(table, data, columns)
    _add_theorem_1(table, data, columns)
    _add_theorem_2(table, data, columns)
    _add_inverses(table, data, columns)
    console.print(table)
    coefficient = data["inputs"]["mismatch"]
    if data["inputs"]["mismatch_of"] not in (None, "given"):
        of = data["inputs"]["mismatch_of"]
        console.print(f"mismatch coefficient M = {number(coefficient)}, of {of}")
    _print_reasons(console, data, columns)
    if "compare" in data:
        _print_graphs(console, data, columns)
    if "plot" in data:
        console.print("wrote " + escape(data["plot"]["file"]))


def _all_columns(data: Mapping[str, Any], part: str, columns: list[str]) -> dict[str, Any]:
    return {name: data[part][name] if name in data[part] else data[name][part] for name in columns}


def _print_mixing(console: Console, data: Mapping[str, Any]) -> None:
    mixing, inputs = data["mixing"], data["inputs"]
    if mixing["spectral_gap"] is None:
        if "compare" not in data:
            console.print("no --graph: what depends on the mixing matrix is left out")
        return
    if inputs["agents"] == 1:
        console.print("1 agent")
        return
    name = f"{inputs['graph']}, " if inputs["graph"] else ""
    console.print(
        f"{inputs['agents']} agents, {escape(name)}{escape(inputs['mixing'])}: "
        f"sigma_2 = {mixing['second_singular_value']:.6g}, gap {mixing['spectral_gap']:.4g}, "
        f"sigma_N = {mixing['smallest_singular_value']:.4g}, "
        f"lambda_N = {number(mixing['smallest_eigenvalue'])}  ({mixing['source']})"
    )


def _section(table: Table, title: str) -> None:
    table.add_row("")
    table.add_row(f"[bold]{title}[/]")


def _row(table: Table, label: str, values: Mapping[str, Any], columns: list[str]) -> None:
    table.add_row(label, *(number(values[name]) for name in columns))


def _add_constants(table: Table, data: Mapping[str, Any], columns: list[str]) -> None:
    table.add_row("[bold]Constants[/] (the greatest of the tasks)")
    for key, label in _CONSTANTS.items():
        found = {name: data["constants"][name].get(key) for name in columns}
        largest = {
            name: max(value, key=float) if isinstance(value, list) else value
            for name, value in found.items()
        }
        _row(table, label, largest, columns)


def _add_theorem_1(table: Table, data: Mapping[str, Any], columns: list[str]) -> None:
    first = data["theorem_1"]
    _section(table, "Theorem 1: min over k < K of the norm of the mean gradient of V")
    steps = {name: data["step_size"][name]["theorem_1"] for name in columns}
    _row(table, "step sizes, up to", steps, columns)
    _row(table, "step size", {name: first[name]["step_size"] for name in columns}, columns)
    _row(table, "bound", {name: first[name]["bound"] for name in columns}, columns)
    for key, label in _TERMS.items():
        found = {name: (first[name]["terms"] or {}).get(key) for name in columns}
        if any(value is not None for value in found.values()):
            _row(table, label, found, columns)
    if first["printed"].get("order_11") is not None:
        orders = dict.fromkeys(columns) | {"printed": first["printed"]["order_11"]}
        _row(table, "inside the O(.) of (11)", orders, columns)


def _add_theorem_2(table: Table, data: Mapping[str, Any], columns: list[str]) -> None:
    second = data["theorem_2"]
    if all(second[name]["iterations"] is None for name in columns):
        return
    _section(table, "Theorem 2: an epsilon-optimal policy")
    for key, label in (
        ("iterations", "iterations"),
        ("step_size", "step size"),
        ("regularization", "regularization"),
    ):
        _row(table, label, {name: second[name][key] for name in columns}, columns)
    orders = dict.fromkeys(columns) | {
        "printed": second["printed"]["order_14"],
        "corrected": second["corrected"]["explicit_14"],
    }
    _row(table, "(14): inside O(.), explicit", orders, columns)


def _add_inverses(table: Table, data: Mapping[str, Any], columns: list[str]) -> None:
    if "target_gradient" in data:
        _section(table, f"For a gradient of {number(data['inputs']['target_gradient'])}")
        for key, label in (("iterations", "iterations"), ("step_size", "step size")):
            values = {name: data["target_gradient"][name][key] for name in columns}
            _row(table, label, values, columns)
    if "budget" in data:
        _section(table, f"Within {number(data['inputs']['budget'])} iterations")
        for key, label in (
            ("gradient", "gradient, Theorem 1"),
            ("gradient_step_size", "  step size"),
            ("epsilon", "epsilon, Theorem 2"),
            ("epsilon_step_size", "  step size"),
        ):
            values = {name: data["budget"][name][key] for name in columns}
            _row(table, label, values, columns)


def _print_reasons(console: Console, data: Mapping[str, Any], columns: list[str]) -> None:
    said: dict[tuple[str, str], list[str]] = {}
    for part in ("theorem_1", "theorem_2", "target_gradient", "budget"):
        for name in columns:
            column = data.get(part, {}).get(name, {})
            reason = column.get("does_not_apply")
            lines = [f"does not apply: {reason}"] if reason else []
            lines += [note for note in column.get("notes", []) if note.startswith(_SAID)]
            for line in lines:
                said.setdefault((part.replace("_", " "), line), []).append(name)
    for (part, line), names in said.items():
        who = "all columns" if names == columns else ", ".join(names)
        console.print(f"{who}, {part}: {escape(line)}", style="yellow")


def _print_graphs(console: Console, data: Mapping[str, Any], columns: list[str]) -> None:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    table.add_column("graph")
    table.add_column("gap", justify="right")
    parts = [("theorem_1", "bound", "gradient"), ("theorem_2", "iterations", "K")]
    shown = [
        (part, key, label)
        for part, key, label in parts
        if any(
            there[part][name][key] is not None
            for there in data["compare"].values()
            for name in columns
        )
    ]
    for _, _, label in shown:
        for name in columns:
            table.add_column(f"{label}\n" + name.replace("-", "\n"), justify="right")
    for graph, there in data["compare"].items():
        cells = [number(there[part][name][key]) for part, key, _ in shown for name in columns]
        table.add_row(escape(graph), number(there["mixing"]["spectral_gap"]), *cells)
    console.print()
    console.print(table)
