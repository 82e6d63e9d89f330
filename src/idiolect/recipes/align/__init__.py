"""Replies and rewards the user's way, from what they chose."""
