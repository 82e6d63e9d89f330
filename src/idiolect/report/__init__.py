"""Under construction: report."""
