"""Contacts and organisations as organisers keep them."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from app.domain.accounts.models import Role
from app.domain.directory.models import Contact, Organisation
from tests import factories
from tests.pages import check_page
from tests.workspace.desk import Desk
from tests.workspace.meeting_forms import fields_of, sent_by

CONTACTS = "/workspace/directory/contacts/"
DELETE = f"{CONTACTS}delete/"
ORGANISATIONS = "/workspace/directory/organisations/"


@pytest.fixture
def desk(app, session):
    return Desk(app, session, factories.make_account(session, Role.ORGANISER))


@pytest.fixture
def viewer(app, session):
    return Desk(app, session, factories.make_account(session, Role.VIEWER))


def contacts(session):
    session.rollback()
    query = select(Contact).order_by(Contact.position, Contact.id)
    return list(session.scalars(query.execution_options(populate_existing=True)))


def organisations(session):
    session.rollback()
    query = select(Organisation).order_by(Organisation.sort_key)
    return list(session.scalars(query.execution_options(populate_existing=True)))


def typed(**changes):
    return {
        "role_cs": "metodička",
        "role_en": "methodologist",
        "about_cs": "Program",
        "name": "",
        "email": "metodika@example.org",
        "phone": "+420 123 456 789",
        **changes,
    }


def form_to(page, action, **fields):
    """What the form with this action, and these hidden values, would send."""
    for form in check_page(page).iter("form"):
        sent = fields_of(form)
        if form.get("action") == action and all(sent.get(name) == value for name, value in fields.items()):
            return sent
    raise AssertionError(f"no form to {action}")


def test_contact_is_added_shown_and_edited(session, desk, client) -> None:
    assert "There are no contacts yet." in desk.read(CONTACTS)

    assert desk.post(f"{CONTACTS}new/", **typed()).status_code == 303

    (contact,) = contacts(session)
    assert contact.role == {"cs": "metodička", "en": "methodologist"}
    assert contact.about == {"cs": "Program"}
    page = f"{CONTACTS}{contact.id}/"
    sent = sent_by(desk.read(page), "contact")
    assert desk.post(page, **{**sent, "email": "nova@example.org"}).status_code == 303
    assert contacts(session)[0].email == "nova@example.org"
    assert "nova@example.org" in client.get("/en/contacts/").get_data(as_text=True)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"role_cs": ""}, "Enter the role (Čeština)."),
        ({"email": "nobody"}, "Enter an e-mail address like name@example.org"),
        ({"email": ""}, "Enter an e-mail address like name@example.org"),
        ({"about_en": "x" * 501}, "is too long"),
        ({"phone": "1" * 41}, "is too long"),
        ({"name": "nul\0"}, "contains a character"),
    ],
)
def test_wrong_contact_is_said(session, desk, changes, words) -> None:
    response = desk.post(f"{CONTACTS}new/", **typed(**changes))

    text = response.get_data(as_text=True)
    assert response.status_code == 422
    assert words in text
    assert sent_by(text, "contact")["role_en"] == "methodologist"
    assert not contacts(session)


def test_deleting_offers_the_undo_that_brings_all_back(session, desk) -> None:
    for number in range(3):
        desk.post(f"{CONTACTS}new/", **typed(role_cs=f"role {number}", email=f"r{number}@example.org"))
    before = [(one.role, one.email, one.phone) for one in contacts(session)]
    middle = contacts(session)[1]

    answer = desk.post(DELETE, contact=str(middle.id))

    page = answer.get_data(as_text=True)
    assert "The contact is deleted." in page
    assert len(contacts(session)) == 2
    undo = form_to(page, f"{CONTACTS}new/", role_cs="role 1")
    assert desk.post(f"{CONTACTS}new/", **undo).status_code == 303
    assert [(one.role, one.email, one.phone) for one in contacts(session)] == before


@pytest.mark.parametrize("value", ["", "0", "99", "9" * 40, "x"])
def test_contact_that_is_gone_is_no_error(session, desk, value) -> None:
    assert desk.post(DELETE, contact=value).status_code == 303
    assert desk.get(f"{CONTACTS}77/").status_code == 404
    assert desk.post(f"{CONTACTS}77/move/", to="up").status_code == 404


def test_contact_of_a_meeting_ahead_stays(session, desk) -> None:
    contact = factories.make_contact(session)
    factories.make_meeting(session, contact_id=contact.id)
    session.commit()

    answer = desk.post(DELETE, contact=str(contact.id), follow=True)

    assert "1 meeting ahead names this contact." in answer.get_data(as_text=True)
    assert len(contacts(session)) == 1


def test_contacts_are_put_in_order(session, desk) -> None:
    for name in "ABC":
        desk.post(f"{CONTACTS}new/", **typed(role_cs=name))
    first = contacts(session)[0].id

    desk.post(f"{CONTACTS}{first}/move/", to="down")
    assert [one.role["cs"] for one in contacts(session)] == ["B", "A", "C"]
    desk.post(f"{CONTACTS}{first}/move/", to="up")
    desk.post(f"{CONTACTS}{first}/move/", to="up")
    desk.post(f"{CONTACTS}{first}/move/", to="sideways")
    assert [one.role["cs"] for one in contacts(session)] == ["A", "B", "C"]


def test_second_editor_of_a_contact_sees_both(session, desk) -> None:
    contact = factories.make_contact(session)
    session.commit()
    page = f"{CONTACTS}{contact.id}/"
    mine = {**sent_by(desk.read(page), "contact"), "phone": "111"}
    assert desk.post(page, **{**mine, "phone": "222"}).status_code == 303

    response = desk.post(page, **mine)

    text = response.get_data(as_text=True)
    assert response.status_code == 409
    assert "222" in text
    assert desk.post(page, **sent_by(text, "contact")).status_code == 303
    assert contacts(session)[0].phone == "111"


def test_organisation_is_added_found_and_edited(session, desk) -> None:
    assert "There are no organisations yet." in desk.read(ORGANISATIONS)
    for name in ("Městská část Praha 3", "Charita Česká", "Člověk"):
        assert desk.post(f"{ORGANISATIONS}new/", name=name, kind="ngo", district="").status_code == 303

    assert [one.name for one in organisations(session)] == ["Člověk", "Charita Česká", "Městská část Praha 3"]
    found = desk.read(f"{ORGANISATIONS}?q=mestska")
    assert "Městská část Praha 3" in found
    assert "Charita" not in found
    assert "No organisation matches." in desk.read(f"{ORGANISATIONS}?q=nothing")

    one = organisations(session)[2]
    page = f"{ORGANISATIONS}{one.id}/"
    sent = sent_by(desk.read(page), "organisation")
    assert desk.post(page, **{**sent, "kind": "district", "district": "Praha 3"}).status_code == 303
    assert (organisations(session)[2].kind, organisations(session)[2].district) == ("district", "Praha 3")


def test_same_organisation_is_not_listed_twice(session, desk) -> None:
    desk.post(f"{ORGANISATIONS}new/", name="Člověk v tísni", kind="ngo")
    desk.post(f"{ORGANISATIONS}new/", name="Jiná", kind="ngo")

    response = desk.post(f"{ORGANISATIONS}new/", name="CLOVEK  v tisni", kind="ngo")
    assert response.status_code == 422
    assert "This organisation is on the list already." in response.get_data(as_text=True)

    other = next(one for one in organisations(session) if one.name == "Jiná")
    page = f"{ORGANISATIONS}{other.id}/"
    assert desk.post(page, name="Člověk v tísni", kind="ngo").status_code == 422
    assert desk.post(page, name="jina", kind="ngo").status_code == 303
    assert len(organisations(session)) == 2


@pytest.mark.parametrize("changes", [{"name": ""}, {"kind": ""}, {"kind": "circus"}, {"name": "x" * 201}])
def test_wrong_organisation_is_said(session, desk, changes) -> None:
    sent = {"name": "Nová", "kind": "ngo", **changes}

    assert desk.post(f"{ORGANISATIONS}new/", **sent).status_code == 422
    assert not organisations(session)


def test_viewer_only_looks(session, viewer) -> None:
    contact = factories.make_contact(session)
    session.commit()

    assert "Your role may only look." in viewer.read(CONTACTS)
    assert viewer.read(ORGANISATIONS)
    for address in (f"{CONTACTS}new/", f"{CONTACTS}{contact.id}/", f"{ORGANISATIONS}new/"):
        assert viewer.get(address).status_code == 403
        assert viewer.post(address).status_code == 403
    assert viewer.post(DELETE, contact=str(contact.id)).status_code == 403
    assert viewer.post(f"{CONTACTS}{contact.id}/move/", to="up").status_code == 403
    assert len(contacts(session)) == 1
