"""Under construction: floor."""
