"""Mail: a letter's bytes become values, and later the way back."""
