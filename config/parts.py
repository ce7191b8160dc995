"""Reads the ends of channels: accounts, each with its gateway's own keys."""

from __future__ import annotations

from dataclasses import fields

from channels import registry
from channels.settings import AccountSettings, SecretReader, parse_account
from config.schema import KEY, Block


def account(block: Block, department: str, read_secret: SecretReader, *, region: str) -> AccountSettings | None:
    """Read one end of a channel; which keys it may have, its gateway's settings class says."""
    known = registry.discover()
    name = block.text("id", like=KEY)
    kind = block.text("channel", allowed={kind for kind, _ in known})
    gateway = block.text("gateway", allowed={name for kind_of, name in known if kind_of == kind} or None)
    found = known.get((kind, gateway))
    if found is None or not name:
        return None
    settings_class: type[AccountSettings] = found.settings_class
    values = {"department": department, **block.rest(), "id": name, "channel": kind, "gateway": gateway}
    if any(one.name == "region" for one in fields(settings_class)):
        values.setdefault("region", region)
    made, faults = parse_account(settings_class, values, read_secret)
    for fault in faults:
        key, _, what = fault.partition(": ")
        block.fault(key, what)
    if made and made.department != department:
        block.fault("department", f"is {department!r}, by the file's name; leave it out")
    return made
