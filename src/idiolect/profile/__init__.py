"""Under construction: profile."""
