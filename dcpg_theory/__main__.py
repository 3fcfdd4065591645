"""``python -m dcpg_theory`` is the command ``dcpg``."""

from dcpg_theory.cli import main

if __name__ == "__main__":
    main()
