"""What each figure means, in the words that stand beside it wherever it is shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from cases.figures.classes import EXACTLY


@dataclass(frozen=True, slots=True)
class Definition:
    """A figure's name and its exact meaning."""

    name: str
    text: str


_TIMES = (
    "Working time counts by the calendar of the case's promises (by that of the first policy where nothing was "
    "promised), clock time runs on at night."
)
_ORDER = (
    f"Up to {EXACTLY:,} in the period, of all services and channels of the departments shown, are put in order one by "
    "one. Of more, it is counted how many lasted how long: to the minute below half an hour, from there on in steps of "
    "5 %; the median and the 90 % may then be off by one step. Numbers and sums are always exact."
)
DEFINITIONS: Mapping[str, Definition] = {
    "opened": Definition(
        "Opened", "Cases that were opened on these days, under the department that they were routed to first."
    ),
    "resolved": Definition(
        "Resolved",
        "Cases that were resolved on these days and have not been reopened since, under the department that "
        "resolved them.",
    ),
    "closed": Definition("Closed", "Cases that were closed on these days: nothing reopens them any more."),
    "reopened": Definition(
        "Reopen rate",
        "Of the resolutions of these days, the share that somebody has reopened since, the citizen by writing or an "
        "agent. It counts under the day of the resolution that did not last, so the latest days may still rise.",
    ),
    "first_response": Definition(
        "First response",
        "From the citizen's first words in a case to the first words of a person to the citizen: a message, or a call "
        "or visit in which the citizen was reached. Automatic texts, notes and changes of status do not count, nor "
        f"does a message that did not arrive. It counts under the day of the answer. {_TIMES} {_ORDER}",
    ),
    "next_response": Definition(
        "Next response",
        "Every later answer: from the oldest message that nobody had answered to the answer, under the day of the "
        "answer. Several messages are answered once. What counts as an answer is said at the first response; thanks "
        f"in a resolved case need none. {_ORDER}",
    ),
    "first_resolution": Definition(
        "Time to the first resolution",
        "From the citizen's first words to the first time that the case was resolved, without the time that it waited "
        f"for the citizen or for a third party. It counts under that day, also where the case was reopened. {_ORDER}",
    ),
    "resolution": Definition(
        "Time to the final resolution",
        "From the citizen's first words to the resolution that still stands, without the time that the case waited "
        "for the citizen or for a third party, and without the time that it was resolved in between. It counts under "
        f"the day of that resolution. {_ORDER}",
    ),
    "attainment": Definition(
        "Promises",
        "Attainment is met ÷ (met + broken), of the promises that were kept or fell due on these days. A promise that "
        "is open and not yet due is in neither. One that is kept late is broken, and so is one whose case ended "
        "without it; that never changes again. It counts under the day on which it was kept, or was due. A promise "
        "that was kept by a message which did not arrive is taken back. A case that was merged into another has left.",
    ),
    "waived": Definition(
        "Waived", "Answers that were still owed when a case was resolved, and that its policy asks of nobody then."
    ),
    "standing": Definition(
        "Standing still",
        "Promises that stood still at the end of the last day counted, since their case waited for somebody outside: "
        "they are due on no day yet.",
    ),
    "contacts": Definition(
        "Contacts",
        "How often citizens came: each message, each call and each visit that was logged, under the hour and the "
        "channel by which they came. Thanks, and what a machine wrote, are left out.",
    ),
    "digital": Definition(
        "Digital share",
        "Of the cases that were opened on these days, the share that came by SMS, USSD, voice, e-mail or the portal: "
        "without paper and without a way to the office.",
    ),
    "first_contact": Definition(
        "Resolved at the first contact",
        "Of all resolutions of these days, the share before which the citizen had come once, and after which for seven "
        "days nothing was heard of the matter: no contact in the case, none of the same citizen about the same "
        "service in another, and nobody reopened it. A day is judged once, when the seven days have passed.",
    ),
    "satisfaction": Definition(
        "Satisfaction",
        "The share of ratings of 4 and 5 among all ratings from 1 to 5. A rating counts under the day and the "
        "department of the resolution that it is about, so the latest days may still move.",
    ),
    "rating_share": Definition(
        "Rated at all", "Ratings, of all resolutions of these days, also of those that did not last."
    ),
    "equity": Definition(
        "Served alike",
        "The median working time to the final resolution by area and by channel, beside that of all cases together. "
        "What is more than 20 % above that is flagged, where at least five cases speak. The area is the widest place "
        f"no larger than an area around the place that the case was routed by. {_ORDER}",
    ),
    "backlog": Definition(
        "Backlog",
        "Cases that were neither resolved nor closed at the end of the last day counted, by the days since the "
        "citizen's first words. It is counted once a night.",
    ),
    "leg": Definition(
        "Time with each department",
        "How long each department had cases: from their opening, transfer or reopening to their transfer or "
        "resolution, without the time that they waited for the citizen or for a third party. It counts under the day "
        f"on which that ended. {_ORDER}",
    ),
}
