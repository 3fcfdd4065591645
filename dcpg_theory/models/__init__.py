"""MDPs, multi-task problems, policies, graphs and mixing matrices."""
