"""Tasks, policies and mixing matrices on which the chapters compute exactly."""
