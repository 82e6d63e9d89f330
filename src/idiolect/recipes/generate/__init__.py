"""Text written for a user."""
