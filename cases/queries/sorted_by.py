"""By what lists of cases are sorted, written out as in the partial indexes.

With a bound parameter PostgreSQL could not use them for the order.
"""

from __future__ import annotations

from sqlalchemy import Boolean, DateTime, literal_column

DUE_ORDER = literal_column("coalesce(case_file.due_at, 'infinity')", DateTime(timezone=True))
ONLY_LIVE = literal_column("case_file.status not in ('resolved', 'closed')", Boolean())
