"""Whom to write to about what."""

from __future__ import annotations

from tests import factories


def test_contacts_are_roles_with_ways_to_reach_them(session, client) -> None:
    contact = factories.make_contact(session)
    contact.name, contact.phone = "Jana <b>Nová</b>", "+420 123 456 789"
    contact.about = {"cs": "Program"}
    session.commit()

    text = client.get("/en/contacts/").get_data(as_text=True)

    assert "platform methodologist" in text
    assert "Jana &lt;b&gt;Nová&lt;/b&gt;" in text
    assert 'href="tel:+420123456789"' in text
    assert 'lang="cs">Program' in text


def test_empty_list_says_what_will_be_here(client) -> None:
    assert "No contacts are listed yet." in client.get("/en/contacts/").get_data(as_text=True)
