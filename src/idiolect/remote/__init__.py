"""An OpenAI-compatible endpoint: where it is, and calls to it with retries and clear errors.

Language models and encoders stand on it; neither knows of the other.
"""

from idiolect.remote.addresses import ENDPOINTS, form_of, locate
from idiolect.remote.calls import Remote
from idiolect.remote.faults import overflows, overrun

__all__ = ["ENDPOINTS", "Remote", "form_of", "locate", "overflows", "overrun"]
