"""What a run found, for people: terminal, HTML, JSON, data frame."""

from idiolect.report.explanation import Compared, Explanation, explain

__all__ = ["Compared", "Explanation", "explain"]
