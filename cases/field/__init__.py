"""Field work: jobs are done in the street, and told when the phone has a line again."""
