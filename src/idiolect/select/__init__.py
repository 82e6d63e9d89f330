"""Which events and which people."""

from idiolect.select.chosen import Chosen, Representatives, Selector
from idiolect.select.demonstrations import (
    Attempt,
    Demonstration,
    DemonstrationSet,
    SearchDemonstrations,
    Searched,
)
from idiolect.select.events import Dense, Fused, Mmr, Random, Recency, mmr_order, nearest
from idiolect.select.okapi import (
    Okapi,
    OkapiIndex,
    all_words,
    asked_title_and_description,
    asked_words,
    okapi_scores,
    title_and_description,
)
from idiolect.select.people import Neighbours, People
from idiolect.select.representatives import (
    ClusterCentres,
    Farthest,
    Nearest,
    RandomPeers,
    StratifiedByRating,
    cluster_centres,
    stratified,
)
from idiolect.select.snippets import (
    BySnippet,
    Snippet,
    beginning,
    best_of_each,
    in_snippets,
    within,
)
from idiolect.select.trigger import Trigger, covered

__all__ = [
    "Attempt",
    "BySnippet",
    "Chosen",
    "ClusterCentres",
    "Demonstration",
    "DemonstrationSet",
    "Dense",
    "Farthest",
    "Fused",
    "Mmr",
    "Nearest",
    "Neighbours",
    "Okapi",
    "OkapiIndex",
    "People",
    "Random",
    "RandomPeers",
    "Recency",
    "Representatives",
    "SearchDemonstrations",
    "Searched",
    "Selector",
    "Snippet",
    "StratifiedByRating",
    "Trigger",
    "all_words",
    "asked_title_and_description",
    "asked_words",
    "beginning",
    "best_of_each",
    "cluster_centres",
    "covered",
    "in_snippets",
    "mmr_order",
    "nearest",
    "okapi_scores",
    "stratified",
    "title_and_description",
    "within",
]
