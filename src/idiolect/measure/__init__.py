"""Under construction: measure."""
