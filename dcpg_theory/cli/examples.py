"""The examples that end each command's help; a test reads every one with the command itself."""

from __future__ import annotations

__all__ = ["EXAMPLES", "epilog"]

EXAMPLES: dict[str, tuple[str, ...]] = {
    "dcpg": (
        "dcpg audit 'eq-1*'",
        "dcpg bounds --agents 4 --discount 0.9 --states 100 --actions 4 --graph ring",
    ),
    "audit": (
        "dcpg audit",
        "dcpg audit 'eq-1*' lemma-b2 --jobs 2",
        "dcpg audit --html report.html --tex errata.tex",
    ),
    "bench": ("dcpg bench --only example-1", "dcpg bench --out benchmarks"),
    "bounds": (
        "dcpg bounds --agents 4 --discount 0.9 --states 100 --actions 4 --graph ring",
        "dcpg bounds --problem example-1 --graph complete --iterations 1e6",
        "dcpg bounds --problem tasks.toml --epsilon 0.1 --json bounds.json",
    ),
    "completion": (
        'eval "$(dcpg completion bash)"              # in ~/.bashrc',
        'eval "$(dcpg completion zsh)"               # in ~/.zshrc',
        "dcpg completion fish > ~/.config/fish/completions/dcpg.fish",
    ),
    "drone": (
        "dcpg drone doctor",
        "dcpg drone table --tier smoke",
        "dcpg drone serve --world 0 --port 41451 --dialect cosys",
    ),
    "gridworld": (
        "dcpg gridworld train fig2a --exact",
        "dcpg gridworld figure fig2a fig2b --out pictures",
        "dcpg gridworld diagnose gridworld:fig2c",
    ),
    "run": (
        "dcpg run example-1",
        "dcpg run random:7,5,20,3 --graph torus:1x5 --step-size 0.5 --iterations 500",
        "dcpg run tasks.toml --checkpoint run.ckpt --resume",
    ),
    "search": (
        "dcpg search --list",
        "dcpg search eq-77-gradient --rounds 2 --discount 9/10",
        "dcpg search --check eq-77-gradient.toml",
    ),
    "show": ("dcpg show eq-18", "dcpg show theorem-1 --json -"),
}
"""Command -> lines as one types them."""


def epilog(command: str) -> str:
    """Return the examples of a command, in click's markup for lines that stay as they are."""
    return "\n".join(("\b", "Examples:", *(f"  {line}" for line in EXAMPLES[command])))
