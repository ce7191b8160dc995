"""The agents' desk: the queue, one case, and what is done to it."""

from flask import Blueprint

blueprint = Blueprint("desk", __name__, url_prefix="/desk")
