"""Who may see what: everything is closed, `@public` opens; rows come only from here, strangers get 404."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar, cast

from flask import abort, current_app, g
from flask_login import current_user

from models import (
    Account,
    Appeal,
    AppealFile,
    Application,
    ApplicationPaper,
    BankCard,
    Bill,
    Code,
    Consent,
    GatewayEvent,
    Group,
    Invitation,
    Link,
    LinkRequest,
    Notice,
    NoticeReceipt,
    Operator,
    Order,
    Photo,
    Registry,
    RegistryLine,
    Resident,
    Session,
    Supplier,
    Token,
    desk,
    finding,
)
from services import codes
from views.ids import LARGEST

View = TypeVar("View", bound=Callable[..., object])


def public(view: View) -> View:
    """Opens a view to those who have not signed in; the set of them is a literal list in the tests."""
    view.is_public = True  # type: ignore[attr-defined]
    return view


def is_public(endpoint: str | None) -> bool:
    return bool(getattr(current_app.view_functions.get(endpoint or ""), "is_public", False))


def for_administrators(view: View) -> View:
    """What changes the portal for everybody: the console's gate tells others who does it."""
    view.is_for_administrators = True  # type: ignore[attr-defined]
    return view


def is_for_administrators(endpoint: str | None) -> bool:
    return bool(getattr(current_app.view_functions.get(endpoint or ""), "is_for_administrators", False))


def resident() -> Resident:
    """The signed-in resident (the views behind the gate only)."""
    return cast(Resident, current_user._get_current_object())


def own_links() -> list[Link]:
    """All accounts the resident holds, each link with account, supplier, house and group; asked once a request."""
    if "links" not in g:
        g.links = Link.held_by(resident())
    links: list[Link] = g.links
    return links


def has_accounts() -> bool:
    return bool(own_links())


def own_link(account_id: int) -> Link:
    """The resident's link to the account; a stranger's account does not exist for him."""
    return Link.held(resident(), account_id) or abort(404)


def chosen_link(links: list[Link], account_id: str) -> Link:
    """The link that a select names by its account, the current one where none is named; a stranger's is a 404."""
    if not account_id and links:
        return current_link(links)
    return next((link for link in links if str(link.account.id) == account_id), None) or abort(404)


def current_link(links: list[Link]) -> Link:
    """The account that was chosen in the header, if it is still the resident's own, else the first."""
    chosen = g.session.current_account
    return next((link for link in links if link.account_id == chosen), links[0])


def own_groups() -> list[Group]:
    """The resident's groups; «Все» is none of them."""
    return list(Group.of(resident()))


def own_group(group_id: int) -> Group:
    group: Group | None = Group.of(resident()).where(Group.id == group_id).first()
    return group or abort(404)


def own_bill(bill_id: int) -> Bill:
    """A bill of the resident's own accounts, with account, supplier and house; the id may come from a query."""
    if not 0 <= bill_id <= LARGEST:
        abort(404)
    bill: Bill | None = Bill.held_by(resident()).where(Bill.id == bill_id).first()
    return bill or abort(404)


def own_photo(photo_id: int) -> Photo:
    """A photo that came with readings of the resident's own accounts."""
    photo: Photo | None = Photo.held_by(resident()).where(Photo.id == photo_id).first()
    return photo or abort(404)


def own_appeal(appeal_id: int) -> Appeal:
    """A thread of the resident and a supplier, whoever began it."""
    return Appeal.of_resident(resident(), appeal_id) or abort(404)


def own_appeal_file(file_id: int) -> AppealFile:
    """A file of the resident's threads, with its message."""
    found: AppealFile | None = AppealFile.held_by(resident()).where(AppealFile.id == file_id).first()
    return found or abort(404)


def own_application(application_id: int) -> Application:
    """An application for a contract of the resident's own."""
    return Application.held(resident(), application_id) or abort(404)


def own_application_paper(paper_id: int) -> ApplicationPaper:
    """A document of the resident's applications."""
    found: ApplicationPaper | None = (
        ApplicationPaper.held_by(resident()).where(ApplicationPaper.id == paper_id).first()
    )
    return found or abort(404)


def own_order(order_id: int) -> Order:
    """An order that the resident made, with its checkout and supplier."""
    order: Order | None = Order.held_by(resident()).where(Order.id == order_id).first()
    return order or abort(404)


def own_card(card_id: int) -> BankCard:
    """A card that a bank keeps for the resident."""
    card: BankCard | None = BankCard.get_or_none(
        BankCard.id == card_id, BankCard.resident == resident(), BankCard.removed_at.is_null()
    )
    return card or abort(404)


def own_notice(notice_id: int) -> NoticeReceipt:
    """A notice addressed to the resident, with its text."""
    receipt: NoticeReceipt | None = NoticeReceipt.held_by(resident()).where(NoticeReceipt.notice == notice_id).first()
    return receipt or abort(404)


def own_code(purpose: str, token: str) -> Code:
    """A request of the resident's own that waits for a code, or did: another's does not exist for him."""
    found = Code.known(purpose, codes.token_hash(token))
    return found if found is not None and found.resident == resident() else abort(404)


def own_session(session_id: int) -> Session:
    """A sign-in of the resident, over or not."""
    return Session.of_resident(resident(), session_id) or abort(404)


def own_token(token_id: int) -> Token:
    """A token of the resident's programs."""
    return Token.of_resident(resident(), token_id) or abort(404)


def own_consent(consent_id: int) -> Consent:
    """A tick the resident made, with the text it is under."""
    consent: Consent | None = Consent.held_by(resident()).where(Consent.id == consent_id).first()
    return consent or abort(404)


def is_operator() -> bool:
    return Operator.is_one(resident())


def own_roles() -> list[Operator]:
    """The operator's rights of the signed-in person, asked once a request; the console does not exist for others."""
    if "roles" not in g:
        g.roles = list(Operator.select().where(Operator.resident == resident()))
    roles: list[Operator] = g.roles
    return roles or abort(404)


def own_suppliers() -> set[int] | None:
    """The suppliers that the operator works for; None = all of them."""
    roles = own_roles()
    return None if any(role.supplier_id is None for role in roles) else {role.supplier_id for role in roles}


def served_suppliers() -> list[Supplier]:
    """The same as rows, by name."""
    allowed = own_suppliers()
    return [row for row in Supplier.by_name() if allowed is None or row.id in allowed]


def served_supplier(supplier_id: int) -> Supplier:
    """A supplier that the operator works for."""
    return next((row for row in served_suppliers() if row.id == supplier_id), None) or abort(404)


def own_frozen() -> frozenset[int] | None:
    """The same as a value that queries keep."""
    allowed = own_suppliers()
    return None if allowed is None else frozenset(allowed)


def administers() -> bool:
    """Is the operator an administrator, of one supplier at least?"""
    return any(role.role == "administrator" for role in own_roles())


def administers_all() -> bool:
    """Is the operator an administrator of everything?"""
    return any(role.supplier_id is None and role.role == "administrator" for role in own_roles())


def served_resident(resident_id: int) -> Resident:
    """A resident whom the operator may see: linked to an account of his suppliers', or asking for one."""
    return finding.served(resident_id, own_frozen()) or abort(404)


def served_account(account_id: int) -> Account:
    """An account of the operator's suppliers, with supplier and house."""
    account, allowed = Account.whole(account_id), own_suppliers()
    return account if account is not None and (allowed is None or account.supplier_id in allowed) else abort(404)


def served_bill(bill_id: int) -> Bill:
    """A bill of such an account, with account, supplier and house."""
    return Bill.of_operator(bill_id, own_suppliers()) or abort(404)


def served_invitation(invitation_id: int) -> Invitation:
    """An invitation to an account of the operator's suppliers."""
    return Invitation.of_operator(invitation_id, own_suppliers()) or abort(404)


def served_written(line_id: int) -> RegistryLine:
    """A payment that an operator wrote down for such an account, with account, supplier, house and registry."""
    return desk.of_operator(line_id, own_suppliers()) or abort(404)


def served_link(resident_id: int, link_id: int) -> Link:
    """A resident's link to an account of the operator's suppliers, with account, supplier and house."""
    own = finding.links([served_resident(resident_id)], own_frozen())[resident_id]
    return next((link for link in own if link.id == link_id), None) or abort(404)


def own_request(request_id: int) -> LinkRequest:
    """A request that the operator may decide, with supplier and resident."""
    return LinkRequest.of_operator(request_id, own_suppliers()) or abort(404)


def served_order(order_id: int) -> Order:
    """An order of a supplier that the operator works for, with checkout and supplier."""
    return Order.of_operator(order_id, own_suppliers()) or abort(404)


def own_event(event_id: int) -> GatewayEvent:
    """A bank's word about an order that the operator may see; of unknown orders for who works for all."""
    return GatewayEvent.of_operator(event_id, own_suppliers()) or abort(404)


def own_registry(registry_id: int) -> Registry:
    """A bank's registry of the operator's suppliers, with its supplier; without its file."""
    return Registry.of_operator(registry_id, own_suppliers()) or abort(404)


def own_registry_line(line_id: int) -> RegistryLine:
    """A line of such a registry that was taken in, with registry and supplier."""
    return RegistryLine.of_operator(line_id, own_suppliers()) or abort(404)


def served_notice(notice_id: int) -> Notice:
    """A notice that an operator has written for many, of the operator's suppliers; with its supplier."""
    row: Notice | None = Notice.written(own_suppliers()).where(Notice.id == notice_id).first()
    return row or abort(404)
