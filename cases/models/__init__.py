"""The tables. Importing this package registers all of them with ``cases.base.Base.metadata``."""

from cases.models.account import ApiToken, IdempotencyKey
from cases.models.agent import Agent, AgentRole, AgentSession, LoginAttempt
from cases.models.assigning import AgentProfile, Handover, StaffChange
from cases.models.board import BoardCase, BoardLayout, BoardSum
from cases.models.call import CallerFlag, CallLeg, CallOrder, PhoneCall, QueueStay, VoicePrompt, VoiceRecording
from cases.models.case import Case, CodeAttempt, Filing, Party
from cases.models.citizen import Address, Citizen, CitizenAddress
from cases.models.composing import Article, ArticleVersion, KeptDraft, Snooze
from cases.models.configuration import ConfigurationActive, ConfigurationDraft, ConfigurationVersion
from cases.models.desk import BulkItem, BulkRun, DeskPreference, SavedView, Viewing
from cases.models.dialogue import DialogueSession, Rating
from cases.models.document import Attachment, StoredFile
from cases.models.event import Event, EventDetail
from cases.models.examination import DriftRow, Examination
from cases.models.field import FieldAct
from cases.models.figure import FigureArea, FigureCase, FigureEntry, FigureFact, FigureOpen, FigureSum
from cases.models.figure_run import FigureAreaLength, FigureAreaRun, FigureLength, FigureRun
from cases.models.identity import CitizenChange, SaidBy, Verdict
from cases.models.letter import CoverSheet, LetterChange, LetterNumber, LetterRow, PrintBatch, ScanPage, ScanRow
from cases.models.login import AgentLink, RecoveryCode, SecondFactor, StaffImport
from cases.models.mail import MailRow
from cases.models.media import IncomingMedia
from cases.models.notice import Absence, Notice, Shift
from cases.models.outbox import AccountHealth, Brake, OutboxEntry, OutboxTally, ParkedReport, Trial
from cases.models.process import Cursor, Lease
from cases.models.raw import HookSeen, RawRequest
from cases.models.reading import Glass, Read
from cases.models.rearrangement import CaseLink, Rearrangement
from cases.models.recalculation import Recalculation
from cases.models.reporting import ReportSubscription
from cases.models.seal import Seal
from cases.models.steering import AgentArea, Bulletin, Concern, Review, ReviewSample
from cases.models.task import Task
from cases.models.thread import Fetched, Message, Thread
from cases.models.timer import Escalation, Pause, Timer
from cases.models.words import CaseWords, MessageWords, NoteWords

__all__ = [
    "Absence",
    "AccountHealth",
    "Address",
    "Agent",
    "AgentArea",
    "AgentLink",
    "AgentProfile",
    "AgentRole",
    "AgentSession",
    "ApiToken",
    "Article",
    "ArticleVersion",
    "Attachment",
    "BoardCase",
    "BoardLayout",
    "BoardSum",
    "Brake",
    "BulkItem",
    "BulkRun",
    "Bulletin",
    "CallLeg",
    "CallOrder",
    "CallerFlag",
    "Case",
    "CaseLink",
    "CaseWords",
    "Citizen",
    "CitizenAddress",
    "CitizenChange",
    "CodeAttempt",
    "Concern",
    "ConfigurationActive",
    "ConfigurationDraft",
    "ConfigurationVersion",
    "CoverSheet",
    "Cursor",
    "DeskPreference",
    "DialogueSession",
    "DriftRow",
    "Escalation",
    "Event",
    "EventDetail",
    "Examination",
    "Fetched",
    "FieldAct",
    "FigureArea",
    "FigureAreaLength",
    "FigureAreaRun",
    "FigureCase",
    "FigureEntry",
    "FigureFact",
    "FigureLength",
    "FigureOpen",
    "FigureRun",
    "FigureSum",
    "Filing",
    "Glass",
    "Handover",
    "HookSeen",
    "IdempotencyKey",
    "IncomingMedia",
    "KeptDraft",
    "Lease",
    "LetterChange",
    "LetterNumber",
    "LetterRow",
    "LoginAttempt",
    "MailRow",
    "Message",
    "MessageWords",
    "NoteWords",
    "Notice",
    "OutboxEntry",
    "OutboxTally",
    "ParkedReport",
    "Party",
    "Pause",
    "PhoneCall",
    "PrintBatch",
    "QueueStay",
    "Rating",
    "RawRequest",
    "Read",
    "Rearrangement",
    "Recalculation",
    "RecoveryCode",
    "ReportSubscription",
    "Review",
    "ReviewSample",
    "SaidBy",
    "SavedView",
    "ScanPage",
    "ScanRow",
    "Seal",
    "SecondFactor",
    "Shift",
    "Snooze",
    "StaffChange",
    "StaffImport",
    "StoredFile",
    "Task",
    "Thread",
    "Timer",
    "Trial",
    "Verdict",
    "Viewing",
    "VoicePrompt",
    "VoiceRecording",
]
