"""What people say after the meeting: who is asked, giving answers with a name or without one, the results."""
