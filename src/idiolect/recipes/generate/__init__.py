"""Under construction: recipes/generate."""
