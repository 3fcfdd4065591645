"""Algorithm 1 in float64."""
