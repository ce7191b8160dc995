"""A sample of closed cases, drawn once a week for each department, that colleagues look through with a checklist."""
