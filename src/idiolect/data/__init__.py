"""Events, items, populations, views, requests; readers and splits."""

from idiolect.data.event import Audience, Event, Item, Message, Request, Role
from idiolect.data.events import Events
from idiolect.data.frames import COLUMNS
from idiolect.data.git import git_table
from idiolect.data.population import Population
from idiolect.data.readers import read, read_peer_reviews
from idiolect.data.report import Loaded, Problem, Report
from idiolect.data.splits import last_per_user, since
from idiolect.data.tables import Table, read_table
from idiolect.data.times import as_time
from idiolect.data.view import Snapshot, View

__all__ = [
    "COLUMNS",
    "Audience",
    "Event",
    "Events",
    "Item",
    "Loaded",
    "Message",
    "Population",
    "Problem",
    "Report",
    "Request",
    "Role",
    "Snapshot",
    "Table",
    "View",
    "as_time",
    "git_table",
    "last_per_user",
    "read",
    "read_peer_reviews",
    "read_table",
    "since",
]
