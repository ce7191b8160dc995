"""Who is asking: log-in sessions of people, bearer tokens of machines."""
