"""One Piccolo app, one linear history, for the whole database."""

from pathlib import Path

from piccolo.conf.apps import AppConfig

from ecm.accounts.tables import AccountLink, ContextKey, Credential, IdempotencyKey, Session, SignInAttempt
from ecm.agencies.tables import Agency, Membership, Permission, Person
from ecm.agreements.tables import AgreementClause, AgreementParty, SharingAgreement
from ecm.casefile.tables import ActionChange, CaseVisit
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
from ecm.closures.tables import CaseTurn
from ecm.consent.tables import ConsentEvent, ConsentLink, ConsentProposal, ConsentRequest
from ecm.corrections.tables import Correction
from ecm.denials.tables import CaseRestriction, ConflictOfInterest, CourtOrder, NamedReader
from ecm.duplicates.tables import DismissedPair, MatchMark, PupilMerge, SchoolMatch
from ecm.emergencies.tables import EmergencyAccess, EmergencyReview, HealthAlert, SafeguardingDuty
from ecm.grounds.tables import GroundObjection, SharingGround
from ecm.imports.tables import ImportRow, PupilImport
from ecm.moves.tables import CaseHandover, Departure, KeptBrief
from ecm.notifications.tables import Outbox
from ecm.opening.tables import CaseDraft
from ecm.outcomes.tables import CaseView, Measurement, Outcome, Provision
from ecm.oversight.tables import AuditCount, SavedQuery
from ecm.people.tables import ColleagueInvitation, Cover
from ecm.plans.tables import Plan
from ecm.pupils.tables import Carer, ContactBar, Enrolment, Pupil, PupilIdentifier, SenStatus
from ecm.reminders.tables import Reminder, ReminderRun
from ecm.reviews.tables import Review, ReviewContribution
from ecm.shields.tables import ShieldedFact, ShieldedReader

APP_CONFIG = AppConfig(
    app_name="ecm",
    migrations_folder_path=str(Path(__file__).parent / "history"),
    table_classes=[
        Person, Credential, Session, AccountLink, SignInAttempt, ContextKey, IdempotencyKey,
        Agency, Membership, Permission, ColleagueInvitation, Cover,
        Pupil, Enrolment, PupilIdentifier, SenStatus, Carer, ContactBar, PupilImport, ImportRow,
        DismissedPair, PupilMerge, SchoolMatch, MatchMark,
        SupportCase, CaseBrief, IdentifiedBarrier, Involvement, InvolvementMessage, Action, Note, CaseAuthor,
        CarerAdmission,
        Outcome, Measurement, Provision, CaseView,
        Review, ReviewContribution, CaseTurn, Correction, Departure, CaseHandover, KeptBrief,
        ConsentRequest, ConsentProposal, ConsentEvent, ConsentLink,
        CaseDraft,
        Plan, Outbox, Reminder, ReminderRun, CaseVisit, ActionChange,
        SavedQuery, AuditCount,
        SharingGround, GroundObjection, EmergencyAccess, EmergencyReview, SafeguardingDuty, HealthAlert,
        ConflictOfInterest, CaseRestriction, NamedReader, CourtOrder,
        ShieldedFact, ShieldedReader, SharingAgreement, AgreementParty, AgreementClause,
    ],
)  # fmt: skip
