"""The tables of the workstation database, one module per aggregate."""

from store.models.audit import (
    Audit,
    AuditFinding,
    AuditPopulation,
    AuditSample,
    AuditStep,
    EducationAssignment,
    EducationTopic,
)
from store.models.claim import Claim, ClaimDiagnosis, ClaimExport, ClaimLine, Counter, Finding
from store.models.coding import (
    Coding,
    CodingDrg,
    CodingStep,
    EntryDraft,
    FinalDiagnosis,
    FinalProcedureLine,
    SuggestionRejection,
)
from store.models.denial import Denial
from store.models.deposit import Deposit
from store.models.directory import Facility, Payer, Provider
from store.models.encounter import (
    Account,
    Charge,
    Coverage,
    Document,
    Encounter,
    EncounterProvider,
    SourceCode,
)
from store.models.favorite import FavoriteCode
from store.models.intake import EncounterChange, MergedNumber
from store.models.log import LogEntry, Operation, Quarantine, RawMessage
from store.models.partner import TradingPartner
from store.models.patient import KnownName, Patient
from store.models.people import ChartAccess, Person
from store.models.provider_query import ProviderQuery, ProviderQueryStep
from store.models.received import Acknowledgment, ClaimAnswer, ReceivedFile
from store.models.records import Deficiency, NotDuplicate, PatientMerge, ReleaseRequest, RetentionHold, Suspension
from store.models.remit import (
    JournalLine,
    Posting,
    ProviderLevelAdjustment,
    Remittance,
    RemittanceAdjustment,
    RemittanceClaim,
    RemittanceLine,
)
from store.models.report import DenialMonth, LineMonth, PublishedFigure
from store.models.rule import EditFiring, RuleChange, RuleVersion
from store.models.site import Disclosure, SiteFact
from store.models.work import (
    ActiveTime,
    Hold,
    PersonFacility,
    PersonSkill,
    SavedView,
    WorkItem,
    WorklistStep,
    WorklistVersion,
    WorkSkip,
)

__all__ = [
    "Account",
    "Acknowledgment",
    "ActiveTime",
    "Audit",
    "AuditFinding",
    "AuditPopulation",
    "AuditSample",
    "AuditStep",
    "Charge",
    "ChartAccess",
    "Claim",
    "ClaimAnswer",
    "ClaimDiagnosis",
    "ClaimExport",
    "ClaimLine",
    "Coding",
    "CodingDrg",
    "CodingStep",
    "Counter",
    "Coverage",
    "Deficiency",
    "Denial",
    "DenialMonth",
    "Deposit",
    "Disclosure",
    "Document",
    "EditFiring",
    "EducationAssignment",
    "EducationTopic",
    "Encounter",
    "EncounterChange",
    "EncounterProvider",
    "EntryDraft",
    "Facility",
    "FavoriteCode",
    "FinalDiagnosis",
    "FinalProcedureLine",
    "Finding",
    "Hold",
    "JournalLine",
    "KnownName",
    "LineMonth",
    "LogEntry",
    "MergedNumber",
    "NotDuplicate",
    "Operation",
    "Patient",
    "PatientMerge",
    "Payer",
    "Person",
    "PersonFacility",
    "PersonSkill",
    "Posting",
    "Provider",
    "ProviderLevelAdjustment",
    "ProviderQuery",
    "ProviderQueryStep",
    "PublishedFigure",
    "Quarantine",
    "RawMessage",
    "ReceivedFile",
    "ReleaseRequest",
    "RetentionHold",
    "Remittance",
    "RemittanceAdjustment",
    "RemittanceClaim",
    "RemittanceLine",
    "RuleChange",
    "RuleVersion",
    "SavedView",
    "SiteFact",
    "SourceCode",
    "SuggestionRejection",
    "Suspension",
    "TradingPartner",
    "WorkItem",
    "WorklistStep",
    "WorklistVersion",
    "WorkSkip",
]
