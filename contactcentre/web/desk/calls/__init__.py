"""Calls at the desk: the agent's own line, what waits, one call, recordings, flagged callers, calls logged by hand."""
