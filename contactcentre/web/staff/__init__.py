"""The administrators' pages of people: who works here, with which roles, invited, taken over from a file."""

from flask import Blueprint

blueprint = Blueprint("staff", __name__, url_prefix="/admin/people")
