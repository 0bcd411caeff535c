"""Setkání: registration and RSVP for institutions that gather stakeholders."""
