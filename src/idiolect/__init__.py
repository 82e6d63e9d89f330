"""Measure what makes each user different, and let any language model act on it."""
