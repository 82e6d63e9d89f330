"""Under construction: recipes."""
