"""The embedded default: PostgreSQL and Valkey started by us, and the supervisor behind ``bin/serve``.

Standard library only (and ``config.settings``, which is so too): the supervisor lives as long as the product does,
and everything it imports stays in memory beside it.
"""
