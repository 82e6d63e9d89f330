"""Readable user models."""

from idiolect.profile.aspects import ToldAspects
from idiolect.profile.audit import Audit, Audited
from idiolect.profile.belief import settled
from idiolect.profile.claim import Claim, Polarity, Span, Status, claims, grounded
from idiolect.profile.condense import Hierarchical, Recurrent, in_blocks, summarized
from idiolect.profile.countable import Counted
from idiolect.profile.distinctive import Distinctive, Sifted
from idiolect.profile.drafts import drafted, past_request
from idiolect.profile.entities import Dictionary, Entities, Entity, Familiar, capitalised
from idiolect.profile.extract import Extract, Extracted, learnable
from idiolect.profile.factors import Aspect, Factor
from idiolect.profile.guided import Guided
from idiolect.profile.history import Change
from idiolect.profile.hypotheses import Guess, Hypotheses, Hypothesis, Written
from idiolect.profile.keyed import Keyed, Noted, as_lines
from idiolect.profile.knowledge import Experience, Informed, KnowledgeFilter
from idiolect.profile.markdown import from_markdown, to_markdown
from idiolect.profile.opinions import Opinion, failed, opinions
from idiolect.profile.optimize import Graded, Optimize, Optimized, Trial, shared_and_new
from idiolect.profile.pairs import PersonaReward, pair_reward, pair_scores, shown_pairs, solving
from idiolect.profile.profile import Profile, Update
from idiolect.profile.rarity import Rarities, Rarity
from idiolect.profile.render import Render, Rendering
from idiolect.profile.renew import told_again
from idiolect.profile.retrieve import Retrieve
from idiolect.profile.revise import Revise
from idiolect.profile.schema import Field, Schema
from idiolect.profile.sensitive import KINDS, sensitive
from idiolect.profile.update import Append, Consolidate, FieldUpdate
from idiolect.profile.writing import expected, writing

__all__ = [
    "KINDS",
    "Append",
    "Aspect",
    "Audit",
    "Audited",
    "Change",
    "Claim",
    "Consolidate",
    "Counted",
    "Dictionary",
    "Distinctive",
    "Entities",
    "Entity",
    "Experience",
    "Extract",
    "Extracted",
    "Factor",
    "Familiar",
    "Field",
    "FieldUpdate",
    "Graded",
    "Guess",
    "Guided",
    "Hierarchical",
    "Hypotheses",
    "Hypothesis",
    "Informed",
    "Keyed",
    "KnowledgeFilter",
    "Noted",
    "Opinion",
    "Optimize",
    "Optimized",
    "PersonaReward",
    "Polarity",
    "Profile",
    "Rarities",
    "Rarity",
    "Recurrent",
    "Render",
    "Rendering",
    "Retrieve",
    "Revise",
    "Schema",
    "Sifted",
    "Span",
    "Status",
    "ToldAspects",
    "Trial",
    "Update",
    "Written",
    "as_lines",
    "capitalised",
    "claims",
    "drafted",
    "expected",
    "failed",
    "from_markdown",
    "grounded",
    "in_blocks",
    "learnable",
    "opinions",
    "pair_reward",
    "pair_scores",
    "past_request",
    "sensitive",
    "settled",
    "shared_and_new",
    "shown_pairs",
    "solving",
    "summarized",
    "to_markdown",
    "told_again",
    "writing",
]
