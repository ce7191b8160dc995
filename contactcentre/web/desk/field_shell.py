"""What a phone keeps of the field page itself: an empty page, and the worker that shows it where there is no line.

Neither holds a word of anybody's, so that both are public: a phone loads them whoever is logged in.
"""

from __future__ import annotations

import json

from flask import Response, render_template, url_for

from contactcentre.web import assets
from contactcentre.web.desk import blueprint, field_view
from contactcentre.web.permissions import requires

#: what the empty page needs to be drawn and to work
KEPT = (
    *("bootstrap.css", "css/tokens.css", "css/base.css", "css/field.css", "icons.svg", "mark.svg"),
    *("js/field.js", "js/field_keep.js", "js/field_send.js", "js/field_show.js", "js/field_photo.js"),
)
WORKER = "js/field_worker.js"


@blueprint.get("/field/shell")
@requires("public")
def field_shell() -> str:
    """Show the page without any job."""
    return render_template("desk/field/shell.html", reasons=field_view.reasons())


@blueprint.get("/field/worker.js")
@requires("public")
def field_worker() -> Response:
    """Give the worker with the addresses that it keeps; another release is another text, and so is installed anew."""
    told = {
        "release": assets.release(),
        "shell": url_for("desk.field_shell"),
        "page": url_for("desk.field_jobs"),
        "kept": [assets.address(name) for name in KEPT],
    }
    own = assets.everything()[WORKER].content.decode()
    answer = Response(f"const TOLD = {json.dumps(told)};\n{own}", content_type="text/javascript; charset=utf-8")
    answer.headers["Service-Worker-Allowed"] = url_for("desk.field_jobs")
    return answer
