"""Recipes whose users get replies in a conversation."""
