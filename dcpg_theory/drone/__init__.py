"""Section 5.2: drones that learn to fly, in an embedded simulator or through AirSim's protocol.

Nothing here is loaded by `import dcpg_theory`, and the libraries of the extra ``drone`` (MuJoCo,
JAX, Optax, msgpack, cosysairsim) only where they are used.
"""

from __future__ import annotations
