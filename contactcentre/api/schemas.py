"""What the API takes and gives. Times are RFC 3339 in UTC; a reference is eight digits as written, ``4821-7736``."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, field_validator

from cases.lifecycle import Outcome, Status

#: what the database can hold as an id
Id = Annotated[int, Field(ge=1, lt=2**63)]
LONGEST_CURSOR = 300
LONGEST_SEARCH = 200
LONGEST_WORDS = 10_000


class In(BaseModel):
    model_config = ConfigDict(extra="forbid")

    @field_validator("*", mode="before")
    @classmethod
    def _can_be_stored(cls, value: Any) -> Any:
        if isinstance(value, str) and ("\x00" in value or any("\ud800" <= one <= "\udfff" for one in value)):
            raise ValueError("holds a character that is no text: U+0000 or half of a pair")
        return value


class Cursor(In):
    cursor: str | None = Field(
        None, max_length=LONGEST_CURSOR, description="`next` of the page before; the other parameters stay the same"
    )
    limit: int = Field(50, ge=1, le=200, description="how many one page holds")


class KeyHeader(BaseModel):
    idempotency_key: str | None = Field(
        None,
        alias="Idempotency-Key",
        description="up to 200 characters of your choice; within 24 hours the same request with the same key "
        "gets the first answer and is done once",
    )


class CaseQuery(Cursor):
    view: Literal["open", "unassigned", "overdue", "resolved", "all"] = "all"
    department: str | None = None
    status: Status | None = None
    assignee: Id | None = Field(None, description="an agent's id")
    channel: str | None = None
    q: str | None = Field(
        None, max_length=LONGEST_SEARCH, description="a reference, a number, or words of subject or name"
    )
    updated_since: AwareDatetime | None = None
    due_before: AwareDatetime | None = None


class ReferencePath(BaseModel):
    reference: str = Field(description="eight digits, in any spacing")


class CaseIn(In):
    account: str = Field(description="the account that the citizen shall be answered by")
    sender: str = Field(alias="from", description="the citizen's telephone number")
    text: str = Field(min_length=1, max_length=LONGEST_WORDS, description="the citizen's words")
    channel: str | None = Field(None, description="the account's own channel, to be safe")
    subject: str | None = Field(None, description="the case's name; without it the first of the citizen's words")
    department: str | None = Field(None, description="who shall answer; without it the routing rules decide")
    service: str | None = Field(None, description="what is asked for; it decides the department too")


class ReplyIn(In):
    text: str
    channel: str | None = Field(None, description="only the channel of the citizen's own address is possible")
    wait: bool = Field(False, description="then wait for the citizen")
    reason: str = Field("", max_length=300, description="what is waited for; staff read it")
    follow_up: AwareDatetime | None = Field(None, description="with wait: when the case comes back with a notice")
    account: str | None = Field(None, description="one of our accounts that reaches the citizen; null: the way back")
    resolve: Outcome | None = Field(None, description="then resolve with this outcome")
    seen_message: Id | None = Field(None, description="the newest message you have seen; a newer one refuses the reply")


class NoteIn(In):
    text: str


class TransitionIn(In):
    to: Status
    outcome: Outcome | None = None
    reason: str = ""
    version: int | None = None


class AssignmentIn(In):
    agent: Id | None = Field(..., description="an agent's id; null: nobody")
    version: int | None = None


class TransferIn(In):
    department: str
    reason: str


class MessageQuery(In):
    external_id: str
    account: str | None = None


class OutboxQuery(Cursor):
    state: str | None = None


class Due(BaseModel):
    kind: str
    at: datetime
    state: str


class CitizenOut(BaseModel):
    name: str | None
    addresses: list[str]


class CaseOut(BaseModel):
    reference: str
    subject: str
    status: str
    outcome: str | None
    family: str
    department: str | None
    service: str | None
    priority: str
    channel: str
    assignee: int | None
    citizen: CitizenOut
    opened_at: datetime
    updated_at: datetime
    due: Due | None


class TimerOut(BaseModel):
    id: int
    kind: str
    task: int | None = Field(description="the task whose promise it is; null: the case's own")
    state: str
    started_at: datetime
    due: datetime | None
    met_at: datetime | None
    breached_at: datetime | None
    policy: dict[str, Any]


class MessageOut(BaseModel):
    id: int
    direction: str
    channel: str
    account: str
    address: str | None = None
    text: str
    automatic: bool
    author: str | None = None
    external_id: str | None = None
    status: str
    status_reason: str | None
    at: datetime
    filed_because: str | None = None
    cases: list[str] = []


class EventOut(BaseModel):
    id: int
    kind: str
    at: datetime
    actor: str
    values: dict[str, Any]


class TaskOut(BaseModel):
    id: int
    kind: str
    title: str
    department: str | None
    assignee: int | None
    state: str = Field(description="open, done or cancelled")
    promised: bool = Field(description="whether a timer of its own says when it is due")
    due: datetime | None
    late: bool
    created_at: datetime
    created_by: str
    ended_at: datetime | None
    ended_by: str | None
    result: str | None = Field(description="what came of it, or why it was cancelled")


class CaseDetailOut(CaseOut):
    version: int
    routing: dict[str, Any]
    timers: list[TimerOut]
    tasks: list[TaskOut]
    history: list[EventOut]
    messages: list[MessageOut]
    may_belong_to: str | None


class CasesOut(BaseModel):
    items: list[CaseOut]
    next: str | None


class MessagesOut(BaseModel):
    items: list[MessageOut]
    next: str | None = None


class OutboxEntryOut(BaseModel):
    id: int
    message_id: int
    account: str
    recipient: str
    message_class: str
    state: str
    attempts: int
    client_reference: str
    external_id: str | None
    error: str | None
    error_code: str | None
    created_at: datetime
    not_before: datetime
    sent_at: datetime | None


class OutboxOut(BaseModel):
    items: list[OutboxEntryOut]
    next: str | None


class Named(BaseModel):
    key: str
    name: str


class ServiceOut(Named):
    department: str
    family: str


class DepartmentsOut(BaseModel):
    items: list[Named]
    next: str | None = None


class ServicesOut(BaseModel):
    items: list[ServiceOut]
    next: str | None = None
