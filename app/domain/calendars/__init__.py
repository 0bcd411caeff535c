"""Calendar bytes: invites, their cancelling, public files, links. The only place that imports icalendar."""
