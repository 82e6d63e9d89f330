"""One file a paper, grouped by what the user gets."""
