"""AirSim's protocol, both ends: a server over the embedded simulator, a client as `DroneSim`."""
