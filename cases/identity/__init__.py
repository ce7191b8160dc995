"""Who the citizen is: records that may be one person, what was decided of them, and who uses which address."""
