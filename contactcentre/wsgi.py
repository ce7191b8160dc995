"""The entry of the web process: ``contactcentre.wsgi:app``, under granian or gunicorn."""

from contactcentre import logs
from contactcentre.app import create_app
from contactcentre.container import Container
from contactcentre.presence import keep_alive
from contactcentre.production import refuse_weak

container = Container.for_web()
logs.configure(container.settings, process="web")
refuse_weak(container)
app = create_app(container)
keep_alive(container, "web")
