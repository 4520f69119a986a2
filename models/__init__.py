"""Tables, constraints, queries and one-row truths: all SQL is here; one file a noun."""

from models.account import Account, House
from models.appeal import Appeal, AppealFile, AppealMessage
from models.application import Application, ApplicationPaper
from models.attempt import Attempt
from models.autopay import Autopay, AutopayRun
from models.base import Base, bind, db, lock, lock_names, on_postgresql, taken_back, transaction
from models.bill import Balance, Bill, Charge, Payment
from models.call import Call
from models.captcha import Captcha
from models.card import BankCard, OrderCard
from models.code import Code
from models.invitation import Invitation
from models.link import Group, Link
from models.meter import Meter, Register
from models.notice import Audit, Chat, Notice, NoticeReceipt, Outbox
from models.order import Checkout, GatewayEvent, Match, Order, OrderLine
from models.photo import Photo
from models.reading import Reading, Submission
from models.reading_link import ReadingLinks
from models.refund import Refund, RefundLine
from models.registry import BankOperation, Registry, RegistryLine, RegistryMatch
from models.remark import Remark
from models.request import LinkRequest
from models.resident import Device, Operator, Resident, Session
from models.review import Review
from models.run import ExportBatch, ImportRun, RefusedRow
from models.supplier import Service, Supplier, SupplierSetting, Tariff
from models.text import Consent, Text
from models.token import Token
from models.topic import Topic

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
    Call,
    Application,
    ApplicationPaper,
    Audit,
]

__all__ = [
    "Account",
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
    "Reading",
    "Refund",
    "RefundLine",
    "ReadingLinks",
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
    "Submission",
    "Supplier",
    "SupplierSetting",
    "TABLES",
    "Tariff",
    "Text",
    "Token",
    "Topic",
    "bind",
    "db",
    "lock",
    "lock_names",
    "on_postgresql",
    "taken_back",
    "transaction",
]
