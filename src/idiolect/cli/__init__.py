"""Under construction: cli."""
