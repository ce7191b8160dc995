"""The domain: citizens, threads, messages, cases. Functions take a session and a viewer and never commit."""
