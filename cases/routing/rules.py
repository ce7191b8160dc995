"""Rules: first match wins, the predicates are a closed set, and every decision says why."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from cases.routing.decisions import TRAY_REASON, WORDS_ORDER, Decision, Rule, Tried
from cases.routing.facts import Facts
from cases.routing.knowledge import NOTHING, Knowledge
from cases.routing.meanings import AnyWords
from cases.routing.places import Found
from cases.routing.predicates import CitizenIs, Predicate
from cases.routing.seen import Seen, quoted, tied


def route(facts: Facts, rules: Sequence[Rule], known: Knowledge = NOTHING) -> Decision:
    """Return the decision of the first rule that matches; pure."""
    seen = Seen(facts, known)
    decided = next((decision for _, decision in _steps(seen, rules) if decision), None)
    return _completed(seen, decided or Decision(None, None, None, TRAY_REASON))


def asks_who_writes(rules: Sequence[Rule]) -> bool:
    """Tell whether a rule asks what the citizen is, which is read for such rules alone."""
    return any(isinstance(one, CitizenIs) for rule in rules for one in rule.when)


def tried(facts: Facts, rules: Sequence[Rule], known: Knowledge = NOTHING) -> tuple[Tried, ...]:
    """Return every rule that is tried, up to the one that matches."""
    found: list[Tried] = []
    for one, decision in _steps(Seen(facts, known), rules):
        found.append(one)
        if decision:
            break
    return tuple(found)


def _steps(seen: Seen, rules: Sequence[Rule]) -> Iterator[tuple[Tried, Decision | None]]:
    """Yield the rules in the city's order, with the words of services and of danger in their place among them."""
    late = next((number for number, rule in enumerate(rules) if rule.order > WORDS_ORDER), len(rules))
    for rule in rules[:late]:
        yield _rule(rule, seen)
    if seen.known.services:
        yield _words(seen)
    if seen.known.emergency is not None:
        yield _danger(seen)
    for rule in rules[late:]:
        yield _rule(rule, seen)


def _rule(rule: Rule, seen: Seen) -> tuple[Tried, Decision | None]:
    reasons = []
    for predicate in rule.when:
        why = predicate.why(seen)
        if why is None:
            return Tried(rule.key, rule.order, held=False, why=f"{_named(predicate)} does not hold"), None
        reasons.append(why)
    reason = " and ".join(reasons) or "this rule takes everything"
    hits = [hit for one in rule.when if isinstance(one, AnyWords) and (hit := one.hit(seen))]
    said = hits[0].said if hits else ""
    decision = Decision(rule.department, rule.service or _service_of(seen, rule.department), rule.key, reason, said)
    return Tried(rule.key, rule.order, held=True, why=reason), decision


def _service_of(seen: Seen, department: str) -> str | None:
    """Return the service of this department that the words ask for, where the rule itself names none."""
    return next((one.service for one in seen.wanted if one.department == department), None)


def _words(seen: Seen) -> tuple[Tried, Decision | None]:
    """Decide by the words of services; of two departments alike a person chooses, unless there is danger."""
    if not seen.wanted:
        return Tried("words", WORDS_ORDER, held=False, why="no service is asked for by its words"), None
    best = tied(seen.wanted)
    if len(best) > 1:
        names = tuple(one.department for one in best)
        whys = " and ".join(f"{quoted(one.hit)} for {one.department}" for one in best)
        why = f"departments tie: {whys}"
        decision = None if seen.danger else Decision(None, None, "words", why, best[0].hit.said, suggestions=names)
        return Tried("words", WORDS_ORDER, held=decision is not None, why=why), decision
    (one,) = best
    others = tuple(dict.fromkeys(each.department for each in seen.wanted if each.department != one.department))
    why = f"it has {quoted(one.hit)} of service {one.service}"
    decision = Decision(one.department, one.service, "words", why, one.hit.said, suggestions=others[:3])
    return Tried("words", WORDS_ORDER, held=True, why=why), decision


def _danger(seen: Seen) -> tuple[Tried, Decision | None]:
    emergency, hit = seen.known.emergency, seen.danger
    if hit is None or emergency is None or not emergency.alert:
        return Tried("emergency", WORDS_ORDER, held=False, why="no word of danger to life"), None
    why = f"it has {quoted(hit)} of danger to life"
    return Tried("emergency", WORDS_ORDER, held=True, why=why), Decision(
        emergency.alert[0], None, "emergency", why, hit.said
    )


def _completed(seen: Seen, decision: Decision) -> Decision:
    """Add what holds wherever the case goes: danger, the place, and another body's place."""
    place = seen.place.place.name if isinstance(seen.place, Found) else None
    reason, alert = decision.reason, decision.alert
    emergency = seen.known.emergency
    if seen.danger and emergency:
        alert = emergency.alert
        if decision.rule != "emergency":
            reason = f"{reason}; urgent, since it has {quoted(seen.danger)} of danger to life"
    referral = None
    if seen.elsewhere:
        name, referral = seen.elsewhere
        reason = f"{reason}; {name} is for {referral.name} ({referral.contact}): hand it over and follow it up"
    if (reason, place) == (decision.reason, None) and not alert:
        return decision
    return replace(decision, reason=reason, alert=alert, place=place, referral=referral)


def _named(predicate: Predicate) -> str:
    match predicate:
        case AnyWords(phrases=phrases):
            return f"any of the words {', '.join(sorted(one.written for one in phrases)[:4])}"
        case _:
            return _WORDS.get(type(predicate).__name__, "a condition")


_WORDS = {
    "AccountIs": "the account",
    "ChannelIs": "the channel",
    "AllWords": "all of the words",
    "ServiceIs": "the service",
    "PlaceIn": "the place",
    "CitizenIs": "who writes",
    "LanguageIs": "the language",
    "Within": "the time of day",
    "Repeats": "a repeat",
}
