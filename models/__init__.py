"""Tables, constraints, queries and one-row truths: all SQL is here; one file a noun."""

from models.account import Account, House
from models.answer_template import AnswerTemplate
from models.appeal import Appeal, AppealFile, AppealMessage
from models.application import Application, ApplicationPaper
from models.attempt import Attempt
from models.audit import Audit
from models.autopay import Autopay, AutopayRun
from models.base import Base, bind, db, lock, lock_names, on_postgresql, taken_back, transaction
from models.bill import Balance, Bill, Charge, Payment
from models.call import Call
from models.captcha import Captcha
from models.card import BankCard, OrderCard
from models.checkout import Checkout
from models.code import Code
from models.gateway_event import GatewayEvent
from models.invitation import Invitation
from models.journal import ImportAdded, ImportChange
from models.link import Group, Link
from models.match import Match
from models.meter import Meter, Register
from models.notice import Chat, Notice, NoticeReceipt
from models.order import Order, OrderLine
from models.outbox import Outbox
from models.photo import Photo
from models.progress import ReadingProgress
from models.pulse import Pulse
from models.question import Question, QuestionGroup
from models.reading import Reading, Submission
from models.reading_link import ReadingLinks
from models.refund import Refund, RefundLine
from models.registry import BankOperation, Registry, RegistryLine, RegistryMatch
from models.remark import Remark
from models.request import LinkRequest
from models.resident import Device, Operator, Resident, Session
from models.review import Review
from models.run import ExportBatch, ImportRun, RefusedRow
from models.start_step import StartStep
from models.supplier import Service, Supplier, SupplierSetting, Tariff
from models.text import Consent, Text
from models.token import Token
from models.topic import Topic
from models.unsent import Unsent

TABLES: list[type[Base]] = [
    Supplier,
    Service,
    Tariff,
    SupplierSetting,
    Resident,
    Session,
    Device,
    Token,
    Attempt,
    Code,
    Captcha,
    Text,
    Consent,
    Operator,
    House,
    Account,
    Group,
    Link,
    LinkRequest,
    Remark,
    Invitation,
    Meter,
    Register,
    Bill,
    Charge,
    Payment,
    Balance,
    ImportRun,
    RefusedRow,
    ExportBatch,
    Submission,
    Reading,
    ReadingLinks,
    Photo,
    Review,
    Checkout,
    Order,
    OrderLine,
    Match,
    GatewayEvent,
    Refund,
    RefundLine,
    BankCard,
    OrderCard,
    Autopay,
    AutopayRun,
    Registry,
    RegistryLine,
    BankOperation,
    RegistryMatch,
    Notice,
    NoticeReceipt,
    Outbox,
    Chat,
    Topic,
    Appeal,
    AppealMessage,
    AppealFile,
    AnswerTemplate,
    Call,
    Application,
    ApplicationPaper,
    Audit,
    ReadingProgress,
    Unsent,
    Pulse,
    QuestionGroup,
    Question,
    StartStep,
    ImportChange,
    ImportAdded,
]

__all__ = [
    "Account",
    "AnswerTemplate",
    "Appeal",
    "AppealFile",
    "AppealMessage",
    "Application",
    "ApplicationPaper",
    "Attempt",
    "Audit",
    "Autopay",
    "AutopayRun",
    "Balance",
    "BankCard",
    "BankOperation",
    "Base",
    "Bill",
    "Call",
    "Captcha",
    "Charge",
    "Chat",
    "Checkout",
    "Code",
    "Consent",
    "Device",
    "ExportBatch",
    "GatewayEvent",
    "Group",
    "House",
    "ImportAdded",
    "ImportChange",
    "ImportRun",
    "Invitation",
    "Link",
    "LinkRequest",
    "Match",
    "Meter",
    "Notice",
    "NoticeReceipt",
    "Operator",
    "Order",
    "OrderCard",
    "OrderLine",
    "Outbox",
    "Payment",
    "Photo",
    "Pulse",
    "Question",
    "QuestionGroup",
    "Reading",
    "Refund",
    "RefundLine",
    "ReadingLinks",
    "ReadingProgress",
    "RefusedRow",
    "Register",
    "Registry",
    "RegistryLine",
    "RegistryMatch",
    "Remark",
    "Resident",
    "Review",
    "Service",
    "Session",
    "StartStep",
    "Submission",
    "Supplier",
    "SupplierSetting",
    "TABLES",
    "Tariff",
    "Text",
    "Token",
    "Topic",
    "Unsent",
    "bind",
    "db",
    "lock",
    "lock_names",
    "on_postgresql",
    "taken_back",
    "transaction",
]
