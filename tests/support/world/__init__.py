# SPDX-License-Identifier: BSD-2-Clause
"""The test world. See world.py; `missing()` says why there can be none here."""

from .auditd import AuditDaemon
from .namespace import Space
from .pcsc import OPEN, SHIPPED, Card, Made
from .process import Conversation, Deadline, Finished, Process
from .records import Mark, Record
from .services import Listener, Service
from .terminal import Answer, Session, Terminal, Unexpected, Visit
from .users import Account, person
from .world import PASSWORD_PROMPT, PIN_PROMPT, PamResult, World, missing

__all__ = ["AuditDaemon", "Space", "OPEN", "SHIPPED", "Card", "Made", "Conversation", "Deadline", "Finished", "Process",
           "Mark", "Record", "Listener", "Service", "Answer", "Session", "Terminal", "Unexpected", "Visit", "Account", "person",
           "PASSWORD_PROMPT", "PIN_PROMPT", "PamResult", "World", "missing"]
