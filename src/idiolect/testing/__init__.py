"""Under construction: testing."""
