"""Text messages, by whichever gateway an account names."""
