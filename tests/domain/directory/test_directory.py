"""Organisations and contacts: found by folded names, sorted by the Czech alphabet."""

from datetime import UTC, datetime

import pytest

from app.base.errors import Conflict, NotFound
from app.domain.directory import queries, search, service
from app.domain.directory.rules import AlreadyListed
from app.domain.directory.service import ContactText, OrganisationText
from app.domain.history.queries import of_subject
from app.domain.history.service import SYSTEM
from tests.factories import make_meeting

NOW = datetime(2027, 3, 1, 9, tzinfo=UTC)


def organisation(session, name, *, kind="ngo", district=None):
    text = OrganisationText(name=name, kind=kind, district=district)
    return service.add_organisation(session, text, now=NOW, actor=SYSTEM)


def contact_text(role, **values):
    basis = {"role": {"cs": role}, "about": {}, "name": "", "email": "x@example.org", "phone": ""}
    return ContactText(**(basis | values))


def contact(session, role, **values):
    return service.add_contact(session, contact_text(role, **values), now=NOW, actor=SYSTEM)


def roles(session):
    return [one.role["cs"] for one in queries.contacts(session)]


class TestOrganisations:
    def test_names_are_suggested_by_the_czech_alphabet(self, session):
        for name in ("InBáze", "Člověk v tísni", "Charita", "Cukr", "Hub"):
            organisation(session, name)
        assert queries.organisation_names(session) == ["Cukr", "Člověk v tísni", "Hub", "Charita", "InBáze"]

    def test_a_name_is_known_however_it_is_typed(self, session):
        known = organisation(session, "InBáze, z. s.")
        found = queries.organisations_by_key(session, ["INBAZE,  z. s.", "", "Jiná"])
        assert found == {"inbaze, z. s.": known}
        assert queries.organisations_by_key(session, ["", ""]) == {}

    def test_no_name_twice(self, session):
        organisation(session, "InBáze")
        with pytest.raises(AlreadyListed):
            organisation(session, "inbaze")

    def test_an_edit_keeps_the_keys_true(self, session):
        one, other = organisation(session, "InBáze"), organisation(session, "Charita")
        text = OrganisationText(name="Žádná", kind="other", district="Praha 4")
        service.edit_organisation(session, one.id, text, now=NOW, actor=SYSTEM)
        assert (one.name_key, one.kind, one.district) == ("zadna", "other", "Praha 4")
        assert queries.organisation_names(session) == ["Charita", "Žádná"]
        with pytest.raises(AlreadyListed):
            service.edit_organisation(session, other.id, text, now=NOW, actor=SYSTEM)
        with pytest.raises(NotFound):
            service.edit_organisation(session, 999, text, now=NOW, actor=SYSTEM)

    def test_the_same_name_again_is_no_other(self, session):
        one = organisation(session, "InBáze")
        text = OrganisationText(name="INBÁZE", kind="ngo", district=None)
        assert service.edit_organisation(session, one.id, text, now=NOW, actor=SYSTEM).name == "INBÁZE"

    def test_searching_and_paging(self, session):
        for number in range(55):
            organisation(session, f"Škola {number:02}", district="Praha 2" if number % 2 else "Praha 1")
        assert search.organisations(session).total == 55
        assert [one.name for one in search.organisations(session, number=2).rows][-1] == "Škola 54"
        assert [one.name for one in search.organisations(session, search="skola 07").rows] == ["Škola 07"]
        assert search.organisations(session, search="100 %").total == 0
        assert search.districts(session) == ["Praha 1", "Praha 2"]

    def test_one_by_its_id(self, session):
        one = organisation(session, "InBáze")
        assert search.get_organisation(session, one.id) is one
        with pytest.raises(NotFound):
            search.get_organisation(session, 999)

    def test_the_longest_name(self, session):
        made = organisation(session, "\ufdfa" * 200)
        session.flush()
        assert len(made.name_key) == len(made.sort_key) == 400


class TestContacts:
    def test_the_newest_is_the_last(self, session):
        for role in ("metodička", "síťařka", "vedoucí"):
            contact(session, role)
        assert roles(session) == ["metodička", "síťařka", "vedoucí"]
        assert [one.position for one in queries.contacts(session)] == [1, 2, 3]

    @pytest.mark.parametrize(
        ("places", "expected"),
        [(1, "acb"), (-1, "bac"), (-9, "bac"), (9, "acb"), (0, "abc")],
    )
    def test_moving(self, session, places, expected):
        made = [contact(session, role) for role in "abc"]
        service.move_contact(session, made[1].id, places=places, now=NOW, actor=SYSTEM)
        assert "".join(roles(session)) == expected
        with pytest.raises(NotFound):
            service.move_contact(session, 999, places=1, now=NOW, actor=SYSTEM)

    def test_two_who_edit_at_once(self, session):
        one = contact(session, "a")
        service.edit_contact(session, one.id, contact_text("b"), version=1, now=NOW, actor=SYSTEM)
        assert (one.role, one.version) == ({"cs": "b"}, 2)
        with pytest.raises(Conflict):
            service.edit_contact(session, one.id, contact_text("c"), version=1, now=NOW, actor=SYSTEM)
        with pytest.raises(NotFound):
            service.edit_contact(session, 999, contact_text("c"), version=1, now=NOW, actor=SYSTEM)

    def test_a_deleted_one_leaves_its_meetings_and_can_be_put_back(self, session):
        made = [contact(session, role, phone="1") for role in "abc"]
        meeting = make_meeting(session, contact_id=made[1].id)
        text, position = service.delete_contact(session, made[1].id, now=NOW, actor=SYSTEM)
        session.flush()
        session.expire_all()
        assert (meeting.contact_id, roles(session)) == (None, ["a", "c"])
        service.add_contact(session, text, now=NOW, actor=SYSTEM, position=position)
        assert roles(session) == ["a", "b", "c"]
        assert queries.contacts(session)[1].phone == "1"
        with pytest.raises(NotFound):
            service.delete_contact(session, 999, now=NOW, actor=SYSTEM)

    def test_one_by_its_id(self, session):
        one = contact(session, "a")
        assert queries.get_contact(session, one.id) is one
        with pytest.raises(NotFound):
            queries.get_contact(session, 999)


def test_every_act_is_recorded(session):
    one, body = contact(session, "a"), organisation(session, "InBáze")
    service.move_contact(session, one.id, places=1, now=NOW, actor=SYSTEM)
    service.delete_contact(session, one.id, now=NOW, actor=SYSTEM)
    session.flush()
    assert [entry.act for entry in of_subject(session, "contact", one.id)] == [
        "contact:delete",
        "contact:move",
        "contact:add",
    ]
    assert [entry.act for entry in of_subject(session, "organisation", body.id)] == ["organisation:add"]
