"""One loader for each public benchmark, in its published format."""
