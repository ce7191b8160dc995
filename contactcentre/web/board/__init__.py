"""The board: supervisors see what is late before it is, executives what is stuck."""

from flask import Blueprint

blueprint = Blueprint("board", __name__, url_prefix="/board")
