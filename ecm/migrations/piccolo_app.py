"""One Piccolo app, one linear history, for the whole database."""

from pathlib import Path

from piccolo.conf.apps import AppConfig

from ecm.accounts.tables import ContextKey, Credential, IdempotencyKey, Session, SignInAttempt
from ecm.agencies.tables import Agency, Membership, Permission, Person
from ecm.cases.tables import (
    Action,
    CarerAdmission,
    CaseAuthor,
    CaseBrief,
    IdentifiedBarrier,
    Involvement,
    InvolvementMessage,
    Note,
    SupportCase,
)
from ecm.consent.tables import ConsentEvent, ConsentLink, ConsentProposal, ConsentRequest
from ecm.notifications.tables import Outbox
from ecm.plans.tables import Plan
from ecm.pupils.tables import Carer, ContactBar, Enrolment, Pupil, SenStatus

APP_CONFIG = AppConfig(
    app_name="ecm",
    migrations_folder_path=str(Path(__file__).parent / "history"),
    table_classes=[
        Person, Credential, Session, SignInAttempt, ContextKey, IdempotencyKey,
        Agency, Membership, Permission,
        Pupil, Enrolment, SenStatus, Carer, ContactBar,
        SupportCase, CaseBrief, IdentifiedBarrier, Involvement, InvolvementMessage, Action, Note, CaseAuthor,
        CarerAdmission,
        ConsentRequest, ConsentProposal, ConsentEvent, ConsentLink,
        Plan, Outbox,
    ],
)  # fmt: skip
