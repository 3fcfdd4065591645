"""Claims, the registry that finds them, and the runner that judges them."""
