"""Tables and plots. Nothing here is imported before it is needed: matplotlib is slow to load."""
