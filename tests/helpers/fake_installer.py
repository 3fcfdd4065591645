"""Stand-ins for venv, pip and the interpreter, for the tests of run.py."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType

ECHO = '#!/bin/sh\nprintf "%s\\n" "$@"\nexit 7\n'


class FakeInstaller:
    """Stands in for ``subprocess.call``: records what is called and does as little as venv does."""

    def __init__(self, run: ModuleType) -> None:
        self.run = run
        self.calls: list[str] = []
        self.environments: list[dict[str, str]] = []
        self.outcomes: dict[str, tuple[int, str]] = {}
        self.interrupted_at: str | None = None

    def __call__(self, command: tuple[str, ...], **options: object) -> int:
        line = " ".join(command)
        self.calls.append(line)
        self.environments.append(options["env"])  # type: ignore[arg-type]
        if self.interrupted_at and self.interrupted_at in line:
            raise KeyboardInterrupt
        if "-m venv" in line:
            write_stub_environment(self.run)
        for part, (code, output) in self.outcomes.items():
            if part in line:
                options["stdout"].write(output.encode())  # type: ignore[attr-defined]
                options["stdout"].flush()  # type: ignore[attr-defined]
                return code
        return 0


def write_stub_environment(run: ModuleType, script: str = ECHO) -> None:
    python = Path(run.VENV_PYTHON)
    python.parent.mkdir(parents=True, exist_ok=True)
    python.write_text(script)
    python.chmod(0o755)
    (Path(run.VENV) / "pyvenv.cfg").touch()
