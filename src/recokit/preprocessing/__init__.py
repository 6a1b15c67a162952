"""From the log of events to interactions: `EventLog` reads, joins, filters and splits logs."""

from recokit.preprocessing.event_log import EventLog

__all__ = ["EventLog"]
