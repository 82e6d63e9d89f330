"""Under construction: run."""
