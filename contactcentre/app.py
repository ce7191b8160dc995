"""The Flask application: wiring of pages, hooks and API around the container."""

from __future__ import annotations

from flask_openapi3 import OpenAPI
from werkzeug.middleware.proxy_fix import ProxyFix

from cases.attachments import MOST_BYTES
from contactcentre import api, web
from contactcentre.container import Container


def create_app(container: Container) -> OpenAPI:
    """Build the application; the container stands in ``app.extensions["contactcentre"]``."""
    app = api.make_openapi("contactcentre")
    app.extensions["contactcentre"] = container
    app.config.update(
        SECRET_KEY=container.derived_key("web"),
        MAX_CONTENT_LENGTH=MOST_BYTES + 1024 * 1024,
        MAX_FORM_PARTS=200,
        MAX_FORM_MEMORY_SIZE=1024 * 1024,
    )
    proxies = container.settings.trusted_proxies
    if proxies:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=proxies, x_proto=proxies, x_host=proxies)  # type: ignore[method-assign]
    web.register(app)
    api.register(app)
    return app
