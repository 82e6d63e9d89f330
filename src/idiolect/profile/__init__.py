"""Readable user models."""

from idiolect.profile.claim import Claim, Polarity, Span, Status, claims, grounded
from idiolect.profile.condense import Hierarchical, Recurrent, in_blocks, summarized
from idiolect.profile.extract import Extract, Extracted, learnable
from idiolect.profile.keyed import Keyed, Noted, as_lines
from idiolect.profile.markdown import from_markdown, to_markdown
from idiolect.profile.profile import Change, Profile, Update
from idiolect.profile.render import Render, Rendering
from idiolect.profile.schema import Field, Schema
from idiolect.profile.sensitive import KINDS, sensitive
from idiolect.profile.writing import expected, writing

__all__ = [
    "KINDS",
    "Change",
    "Claim",
    "Extract",
    "Extracted",
    "Field",
    "Hierarchical",
    "Keyed",
    "Noted",
    "Polarity",
    "Profile",
    "Recurrent",
    "Render",
    "Rendering",
    "Schema",
    "Span",
    "Status",
    "Update",
    "as_lines",
    "claims",
    "expected",
    "from_markdown",
    "grounded",
    "in_blocks",
    "learnable",
    "sensitive",
    "summarized",
    "to_markdown",
    "writing",
]
