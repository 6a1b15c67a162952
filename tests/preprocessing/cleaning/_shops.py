"""Generated shops whose customers browse in sessions, as test data for the detection of bots."""

import numpy as np
import pandas as pd


def in_sessions(shop, mean_length=8, mean_pause=25.0, random_state=0):
    """Return the events of a shop as a frame, with the events of each customer gathered in sessions.

    The length of the sessions and the pause between their events, in seconds, have log-normal means by customer with a
    standard deviation of 0.5. Events of bots stay.
    """
    rng = np.random.default_rng(random_state)
    events = pd.DataFrame(shop.events)
    people = events[~shop.truth.is_bot].sort_values(["user_id", "timestamp"], kind="stable")
    users = people["user_id"].to_numpy()
    size = users.max() + 1
    lengths, pauses = (mean * np.exp(rng.normal(0, 0.5, size)) for mean in (mean_length, mean_pause))
    is_first = np.append(True, users[1:] != users[:-1]) | (rng.random(len(users)) < 1 / np.maximum(lengths[users], 1))
    waited = np.where(is_first, 0.0, 1 + rng.exponential(pauses[users]))
    sessions, starts, total = np.cumsum(is_first) - 1, np.flatnonzero(is_first), np.cumsum(waited)
    offsets = (total - total[starts][sessions]).astype("timedelta64[s]")
    events.loc[people.index, "timestamp"] = people["timestamp"].to_numpy()[starts][sessions] + offsets
    return events
