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
    CodingStep,
    EntryDraft,
    FinalDiagnosis,
    FinalProcedureLine,
    SuggestionRejection,
)
from store.models.denial import Denial
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
from store.models.patient import Patient
from store.models.people import ChartAccess, Person
from store.models.received import Acknowledgment, ClaimAnswer, ReceivedFile
from store.models.records import Deficiency, NotDuplicate, PatientMerge, ReleaseRequest, Suspension
from store.models.remit import (
    JournalLine,
    Posting,
    ProviderLevelAdjustment,
    Remittance,
    RemittanceAdjustment,
    RemittanceClaim,
    RemittanceLine,
)
from store.models.report import DenialMonth, LineMonth, PublishedFigure, SavedFilter
from store.models.rule import EditFiring, RuleChange, RuleVersion
from store.models.site import Disclosure, SiteFact
from store.models.work import Hold, WorkItem

__all__ = [
    "Account",
    "Acknowledgment",
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
    "CodingStep",
    "Counter",
    "Coverage",
    "Deficiency",
    "Denial",
    "DenialMonth",
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
    "LineMonth",
    "LogEntry",
    "MergedNumber",
    "NotDuplicate",
    "Operation",
    "Patient",
    "PatientMerge",
    "Payer",
    "Person",
    "Posting",
    "Provider",
    "ProviderLevelAdjustment",
    "PublishedFigure",
    "Quarantine",
    "RawMessage",
    "ReceivedFile",
    "ReleaseRequest",
    "Remittance",
    "RemittanceAdjustment",
    "RemittanceClaim",
    "RemittanceLine",
    "RuleChange",
    "RuleVersion",
    "SavedFilter",
    "SiteFact",
    "SourceCode",
    "SuggestionRejection",
    "Suspension",
    "WorkItem",
]
