"""Everyone who works here: log-in, roles by department, sessions that can be ended one by one."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, func, text
from sqlalchemy.orm import Mapped, mapped_column

from cases.base import Base, Key


class Agent(Base):
    """A person with a log-in; never deleted, only made inactive, since history names them.

    ``password_hash`` is empty until they have chosen a password by their invitation.
    ``notify_by``: ``bell``, or ``sms`` for a text message to ``phone`` (E.164) besides.
    """

    __tablename__ = "agent"

    id: Mapped[Key]
    username: Mapped[str]
    name: Mapped[str]
    password_hash: Mapped[str]
    active: Mapped[bool] = mapped_column(server_default=text("true"))
    demo: Mapped[bool] = mapped_column(server_default=text("false"))
    created_at: Mapped[datetime]
    first_login_at: Mapped[datetime | None]
    last_login_at: Mapped[datetime | None]
    phone: Mapped[str | None]
    notify_by: Mapped[str] = mapped_column(server_default=text("'bell'"))

    __table_args__ = (Index("uq_agent_username", func.lower(text("username")), unique=True),)


class AgentRole(Base):
    """One role, in one department or (``*``) in all of them."""

    __tablename__ = "agent_role"

    agent_id: Mapped[int] = mapped_column(ForeignKey("agent.id"), primary_key=True)
    role: Mapped[str] = mapped_column(primary_key=True)
    department: Mapped[str] = mapped_column(primary_key=True, server_default=text("'*'"))


class AgentSession(Base):
    """One browser that is logged in. Only the SHA-256 of its cookie is stored, and of its address the network."""

    __tablename__ = "agent_session"

    token_hash: Mapped[str] = mapped_column(primary_key=True)
    agent_id: Mapped[int] = mapped_column(ForeignKey("agent.id"), index=True)
    csrf_token: Mapped[str]
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    browser: Mapped[str]
    network: Mapped[str] = mapped_column(server_default=text("''"))


class LoginAttempt(Base):
    """Failed log-ins of one user name, or from one network address; too many lock it for a while."""

    __tablename__ = "login_attempt"

    key: Mapped[str] = mapped_column(primary_key=True)
    failures: Mapped[int]
    last_failure_at: Mapped[datetime]
    locked_until: Mapped[datetime | None]
