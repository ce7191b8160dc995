"""``/health``, ``/health/live`` and ``/metrics``: for monitors, balancers and the supervisor."""

from __future__ import annotations

import ipaddress

from flask import Blueprint, Response, abort, current_app, jsonify, request

from contactcentre import health, metrics
from contactcentre.container import Container
from contactcentre.web.permissions import requires

blueprint = Blueprint("health", __name__)


@blueprint.get("/health")
@requires("public")
def whole() -> tuple[Response, int]:
    """Tell how the whole product is: 200, or 503 with what is wrong."""
    found = health.look(_container())
    return _fresh(jsonify(health.as_json(found))), 200 if found.ok else 503


@blueprint.get("/health/live")
@requires("public")
def live() -> Response:
    """Tell that this process answers; asks nothing of the engines."""
    return _fresh(Response("ok", content_type="text/plain; charset=utf-8"))


@blueprint.get("/metrics")
@requires("public")
def gauges() -> Response:
    """Give the same facts to Prometheus, within the networks that the settings name."""
    if not allowed(request.remote_addr, _container().settings.metrics_networks):
        abort(403)
    return _fresh(Response(metrics.render(health.look(_container())), content_type=metrics.CONTENT_TYPE))


def allowed(remote: str | None, networks: tuple[str, ...]) -> bool:
    """Tell whether an address is within one of the networks; an address that cannot be read is within none."""
    try:
        address = ipaddress.ip_address(remote or "")
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)  # how a dual-stack socket shows an IPv4 caller
    seen = mapped or address
    return any(seen in ipaddress.ip_network(network, strict=False) for network in networks)


def _fresh(response: Response) -> Response:
    response.headers["Cache-Control"] = "no-store"
    return response


def _container() -> Container:
    found: Container = current_app.extensions["contactcentre"]
    return found
