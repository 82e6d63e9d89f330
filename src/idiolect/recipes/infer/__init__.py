"""Recipes that learn what is true of a user."""
