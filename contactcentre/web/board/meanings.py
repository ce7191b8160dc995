"""What each number of the board means, in the words that stand beside it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Meaning:
    """A number's name on the wall, and what exactly is counted."""

    name: str
    text: str


_MINE = "Only departments whose board you may see; confidential cases only where they are your own department's."
MEANINGS: Mapping[str, Meaning] = {
    "open": Meaning("Open", "Cases that are neither resolved nor closed, those that were put aside included."),
    "overdue": Meaning(
        "Overdue now",
        "Open cases whose nearest deadline has passed. Beside it: how long ago the first of these deadlines passed.",
    ),
    "due": Meaning(
        "Due in 1 h", "Open cases whose nearest deadline passes within an hour by the clock, and has not passed yet."
    ),
    "unassigned": Meaning(
        "No agent",
        "Open cases that no agent has, whatever they wait for. Beside it: how long ago the oldest was opened.",
    ),
    "waiting": Meaning(
        "Waiting", "Open cases that wait for the citizen or for a third party. Beside it: how many on the citizen."
    ),
    "broken": Meaning(
        "Missed today",
        "Cases of which at least one promise was broken since local midnight, whether it was kept late or not. "
        "Beside it: cases of which a promise was kept or broken since then.",
    ),
    "age": Meaning(
        "Age of open cases", "Open cases by the local days since they were opened: 0 is today, 1 is yesterday."
    ),
    "oldest": Meaning("Oldest", "How long ago the oldest open case was opened."),
    "replied": Meaning(
        "Replied",
        "Of the cases whose first response was given in time or fell due since local midnight, the share in time.",
    ),
    "fixed": Meaning(
        "Fixed",
        "Of the cases whose resolution was reached in time or fell due since local midnight, the share in time.",
    ),
    "agents": Meaning(
        "Agents",
        "People who answer in the department and get work now: in their hours, not on leave, not switched to away. "
        "Where cases are open, the department works at this hour and nobody is there, it stands first.",
    ),
    "states": Meaning(
        "What agents do",
        "Stuck: has written up a call for more than five minutes, or longer than is allowed. On a case: has one open "
        "in the browser. Who is on leave or outside their hours is not listed.",
    ),
    "calls": Meaning(
        "Calls",
        "All queues together, since local midnight by when callers began to wait. In time: answered within the city's "
        "seconds, of all who waited but those who hung up at once. Given up: hung up while they waited.",
    ),
    "likely": Meaning(
        "Likely to miss today",
        "Cases with a deadline in the rest of today that nobody will reach in time, as the forecast reckons it, at "
        "most half a minute ago; only of departments that you steer. What is overdue already is not among them.",
    ),
    "contacts": Meaning(
        "Contacts by hour",
        "How often citizens came, as reports count it: messages, calls and visits, by the local hour, without thanks "
        "and what a machine wrote. Usual is the median of the same weekday in the last four weeks.",
    ),
    "known": Meaning(
        "Age of these numbers",
        "How long ago everything that had happened was counted. After ten seconds without news the board is grey.",
    ),
    "yours": Meaning(
        "Whose cases",
        f"{_MINE} A case that complains of somebody is on nobody's board, nor is one that was merged into another.",
    ),
}
