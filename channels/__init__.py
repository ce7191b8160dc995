"""Adapters that turn a gateway's bytes into the domain's messages and back. No session, no queue, no web framework."""
