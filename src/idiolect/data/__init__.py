"""Events, items, populations, views, requests; readers and splits."""

from idiolect.data.event import Audience, Event, Item, Message, Request, Role
from idiolect.data.population import COLUMNS, Events, Population
from idiolect.data.splits import last_per_user, since
from idiolect.data.times import as_time
from idiolect.data.view import Snapshot, View

__all__ = [
    "COLUMNS",
    "Audience",
    "Event",
    "Events",
    "Item",
    "Message",
    "Population",
    "Request",
    "Role",
    "Snapshot",
    "View",
    "as_time",
    "last_per_user",
    "since",
]
