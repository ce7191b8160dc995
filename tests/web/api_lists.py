"""What a list of the API holds."""

from __future__ import annotations

from werkzeug.test import TestResponse


def references(answer: TestResponse) -> list[str]:
    """Return the references of a list of cases, as the database writes them."""
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return [one["reference"].replace("-", "") for one in answer.get_json()["items"]]
