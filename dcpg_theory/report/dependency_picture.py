"""What the theorems stand on, as an SVG: a layered drawing of the claims' dependence.

The verdicts are told by a sign in each box besides its colour, so the picture can be read in grey.
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping, Sequence

import networkx as nx

from dcpg_theory.exact.verdicts import Verdict, worst
from dcpg_theory.ledger.records import Record
from dcpg_theory.ledger.registry import Registry

__all__ = ["SIGNS", "dependency_svg", "graph_of"]

SIGNS = {
    "definition": ":=",
    "proved": "✓",
    "certified": "✓c",
    "conditional": "if",
    "supported": "~",
    "undecided": "?",
    "refuted": "✗",
}
_WIDTH, _HEIGHT, _ACROSS, _DOWN = 96, 26, 14, 34


_NAMED = re.compile(r"(eq-\d+|lemma-b\d+|theorem-\d+|prop-\d+|assumption-\d+|remark-\d+)")


def _whole(id: str) -> str:
    """Return the display or statement that a part belongs to: eq-36-mean is part of eq-36."""
    found = _NAMED.match(id)
    return found[1] if found else id


def graph_of(registry: Registry, roots: Sequence[str]) -> nx.DiGraph:
    """Return what the roots stand on; an edge leads from a claim to what it stands on.

    Parts are drawn together with the display they belong to, and what has no number in the paper is
    left out: an edge then leads to what it stands on in turn.
    """
    whole = nx.DiGraph()
    for id in registry.closure(roots):
        if _derived(id):
            continue
        for other in (*registry[id].depends, *registry[id].parts):
            whole.add_edge(_whole(id), _whole(other.removesuffix("-corrected")))
    graph = nx.DiGraph()
    graph.add_nodes_from(roots)
    waiting = list(roots)
    while waiting:
        node = waiting.pop()
        for other in _numbered_below(whole, node):
            if other not in graph:
                waiting.append(other)
            graph.add_edge(node, other)
    return graph


def _numbered_below(whole: nx.DiGraph, node: str) -> set[str]:
    """Return the numbered nodes that a node reaches by way of unnumbered ones."""
    found: set[str] = set()
    seen, waiting = {node}, [node]
    while waiting:
        for other in whole.successors(waiting.pop()) if node in whole else ():
            if other in seen:
                continue
            seen.add(other)
            if _NAMED.match(other):
                found.add(other)
            else:
                waiting.append(other)
    return found


def dependency_svg(registry: Registry, records: Mapping[str, Record], roots: Sequence[str]) -> str:
    """Return the drawing as an SVG element whose boxes link to the claims' sections.

    Parameters
    ----------
    registry : Registry
    records : mapping from id to Record
        Of all claims that the roots stand on.
    roots : sequence of str
        The theorems, on top.
    """
    graph = graph_of(registry, roots)
    layers = _layers(graph)
    places = _places(layers, graph)
    width = max(x for x, _ in places.values()) + _WIDTH + 10
    height = max(y for _, y in places.values()) + _HEIGHT + 10
    edges = "".join(_edge(places[one], places[two]) for one, two in graph.edges)
    boxes = "".join(_box(id, places[id], records) for id in graph)
    return (
        f'<svg class="dependencies" viewBox="0 0 {width} {height}" role="group" '
        f'aria-label="What {" and ".join(roots)} stand on">'
        f'<g class="edges">{edges}</g>{boxes}</svg>'
    )


def _layers(graph: nx.DiGraph) -> list[list[str]]:
    """Return the nodes by their longest way from the top, cycles of parts drawn together."""
    whole = nx.condensation(graph)
    depth: dict[int, int] = {}
    for node in nx.topological_sort(whole):
        depth[node] = max((depth[above] + 1 for above in whole.predecessors(node)), default=0)
    layers: list[list[str]] = [[] for _ in range(max(depth.values()) + 1)]
    for node, level in sorted(depth.items()):
        layers[level].extend(sorted(whole.nodes[node]["members"]))
    return layers


def _places(layers: list[list[str]], graph: nx.DiGraph) -> dict[str, tuple[float, float]]:
    """Order each layer by where its neighbours above are, and return the boxes' corners."""
    widest = max(len(layer) for layer in layers)
    places: dict[str, tuple[float, float]] = {}
    for level, layer in enumerate(layers):

        def middle(id: str) -> float:
            above = [places[other][0] for other in graph.predecessors(id) if other in places]
            return sum(above) / len(above) if above else 0.0

        layer.sort(key=lambda id: (middle(id), id))
        indent = (widest - len(layer)) * (_WIDTH + _ACROSS) / 2
        for k, id in enumerate(layer):
            places[id] = (5 + indent + k * (_WIDTH + _ACROSS), 5 + level * (_HEIGHT + _DOWN))
    return places


def _edge(one: tuple[float, float], two: tuple[float, float]) -> str:
    x1, y1 = one[0] + _WIDTH / 2, one[1] + _HEIGHT
    x2, y2 = two[0] + _WIDTH / 2, two[1]
    bend = (y2 - y1) / 2
    ends = f"{x1:.0f} {y1 + bend:.0f} {x2:.0f} {y2 - bend:.0f} {x2:.0f} {y2:.0f}"
    return f'<path d="M{x1:.0f} {y1:.0f}C{ends}"/>'


def _box(id: str, place: tuple[float, float], records: Mapping[str, Record]) -> str:
    """Draw a display; one that has only parts has the worst of their verdicts."""
    own = [other for other in records if _whole(other) == id and not _derived(other)]
    found = worst(Verdict(records[other].transitive_verdict) for other in own)
    x, y = place
    text = html.escape(f"{SIGNS[found]} {id}")
    return (
        f'<a href="#{id if id in own else own[0]}"><g class="box v-{found}">'
        f"<title>{html.escape(id)}: {found}</title>"
        f'<rect x="{x:.0f}" y="{y:.0f}" width="{_WIDTH}" height="{_HEIGHT}" rx="4"/>'
        f'<text x="{x + _WIDTH / 2:.0f}" y="{y + 17:.0f}">{text}</text></g></a>'
    )


def _derived(id: str) -> bool:
    return id.endswith(("-corrected", "-sharp"))
