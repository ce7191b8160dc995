"""Telephone calls as gateways tell of them: one request is one unit of work under the lock of the call's row."""
