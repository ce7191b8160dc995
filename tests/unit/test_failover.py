"""Failover as pure values over simulated minutes: who gives way, to whom, how fast, and back again."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from cases.failover import FALL_EVERY, LEAST, QUIET, RISE, SLOW, Batch, Health, choose, judged

BEGIN = datetime(2026, 3, 2, 8, tzinfo=UTC)
FINE, FAILING, SLOWLY = Batch(10, 0, 0.1), Batch(0, 10, 0.1), Batch(10, 0, 9.0)
GROUP = ("a", "b")


class World:
    """Two accounts that send messages of their own every few seconds; each gateway works or not as it is told."""

    def __init__(self, *, every: float = 5, seed: int = 1) -> None:
        self.now, self.every = BEGIN, timedelta(seconds=every)
        self.health = {one: Health(one) for one in GROUP}
        self.works: dict[str, Batch] = dict.fromkeys(GROUP, FINE)
        self.flips: list[tuple[int, str, float]] = []
        self._lots = random.Random(seed)

    def run(self, minutes: float, *, senders: tuple[str, ...] = GROUP, messages: int = 20) -> Counter[str]:
        """Let time pass; returns how many messages of account a left by each account."""
        left: Counter[str] = Counter()
        until = self.now + timedelta(minutes=minutes)
        while self.now < until:
            for account in senders:
                given = Counter(self._chosen(account) for _ in range(messages))
                left += Counter({via: count for via, count in given.items() if account == "a" and via})
                for via in filter(None, given):
                    self._judge(via)
            self.now += self.every
        return left

    def _chosen(self, account: str) -> str | None:
        return choose(account, GROUP, self.health, now=self.now, drawn=self._lots.random())

    def _judge(self, via: str) -> None:
        others = [one for name, one in self.health.items() if name != via]
        before, after = self.health[via], judged(self.health[via], self.works[via], others, now=self.now)
        self.health[via] = after
        if after.weight != before.weight:
            self.flips.append((int((self.now - BEGIN).total_seconds()), via, round(after.weight, 2)))

    def weights(self) -> dict[str, float]:
        return {name: one.weight_at(self.now) for name, one in self.health.items()}


@pytest.mark.parametrize("every", [0.5, 5, 20])
def test_a_failing_account_gives_nine_tenths_to_the_healthy_one_within_three_minutes(every: float) -> None:
    world = World(every=every)
    world.works["a"] = FAILING
    world.run(3)
    left = world.run(2)
    print("A fails, B is healthy:", world.flips)
    assert left["b"] / left.total() > 0.9
    assert world.weights() == {"a": LEAST, "b": 1.0}
    assert {via for _, via, _ in world.flips} == {"a"}
    assert len(world.flips) == 3


def test_an_idle_account_takes_over_too() -> None:
    world = World()
    world.works["a"] = FAILING
    world.run(3, senders=("a",))
    left = world.run(2, senders=("a",))
    assert left["b"] / left.total() > 0.9


@pytest.mark.parametrize("trouble", [FAILING, SLOWLY, Batch(4, 6, 0.1), Batch(0, 1, 20.0)])
@pytest.mark.parametrize("every", [0.5, 5, 20])
def test_nothing_changes_where_all_of_them_fail_or_are_slow(every: float, trouble: Batch) -> None:
    world = World(every=every)
    world.works = dict.fromkeys(GROUP, trouble)
    left = world.run(10, messages=5)
    print("both in trouble:", world.flips)
    assert world.flips == []
    assert set(left) == {"a"}, "each message waits for its own account"


def test_an_account_without_others_keeps_its_weight() -> None:
    health = Health("a")
    for seconds in range(0, 600, 5):
        health = judged(health, FAILING, [], now=BEGIN + timedelta(seconds=seconds))
        assert choose("a", ("a",), {"a": health}, now=BEGIN + timedelta(seconds=seconds), drawn=0.99) == "a"
    assert health.weight == 1.0


@pytest.mark.parametrize(
    ("every", "messages"), [(5, 20), (30, 1), (180, 1)], ids=["busy", "two a minute", "one in three minutes"]
)
def test_an_account_that_works_again_has_all_its_messages_within_half_an_hour(every: float, messages: int) -> None:
    world = World()
    world.works["a"] = FAILING
    world.run(5)
    assert world.weights()["a"] == LEAST
    world.works["a"], world.every, world.flips = FINE, timedelta(seconds=every), []
    world.run(1, messages=messages)
    assert world.weights()["a"] < 0.2, "it is trusted slowly"
    world.run(29, messages=messages)
    print("A works again:", world.flips)
    assert world.weights() == {"a": 1.0, "b": 1.0}
    assert all(weight >= before for (_, _, before), (_, _, weight) in pairwise(world.flips))


def test_an_account_that_still_fails_does_not_rise_with_time_alone() -> None:
    world = World()
    world.works["a"] = FAILING
    world.run(120)
    assert world.weights()["a"] == LEAST
    assert len(world.flips) == 3


def test_a_gateway_that_flutters_is_not_followed() -> None:
    world = World(every=1)
    for turn in range(300):
        world.works["a"] = FAILING if turn % 2 else FINE
        world.run(1 / 60)
    print("A flutters for five minutes:", world.flips)
    assert len(world.flips) <= 10, "at most one fall in half a minute, and no rise between"
    assert world.weights()["b"] == 1.0


def test_a_batch_of_which_most_was_taken_changes_nothing() -> None:
    world = World()
    world.works["a"] = Batch(6, 4, SLOW)
    world.run(10)
    assert world.flips == []


def test_a_slow_account_gives_way_to_a_quick_one() -> None:
    world = World()
    world.works["a"] = SLOWLY
    world.run(5)
    assert world.weights() == {"a": LEAST, "b": 1.0}


def test_an_account_rests_as_long_as_its_gateway_asked() -> None:
    asked = judged(Health("a"), Batch(0, 1, 0.1, retry_after=30), [Health("b")], now=BEGIN)
    later = BEGIN + timedelta(seconds=29)
    assert choose("a", GROUP, {"a": asked}, now=later, drawn=0.0) == "b"
    assert choose("a", ("a",), {"a": asked}, now=later, drawn=0.0) is None
    assert choose("b", GROUP, {"a": asked, "b": Health("b")}, now=later, drawn=0.999) == "b"
    over = BEGIN + timedelta(seconds=30)
    assert choose("a", ("a",), {"a": asked}, now=over, drawn=0.0) == "a"
    assert choose("a", GROUP, {"a": asked}, now=over, drawn=0.0) == "a"


def test_two_accounts_that_both_rest_send_nothing() -> None:
    health = {one: replace(Health(one), rests_until=BEGIN + timedelta(seconds=5)) for one in GROUP}
    assert choose("a", GROUP, health, now=BEGIN, drawn=0.0) is None


@pytest.mark.parametrize(
    ("batch", "after", "weight"),
    [
        (FAILING, timedelta(), 1.0),
        (FAILING, FALL_EVERY - timedelta(seconds=1), 1.0),
        (FAILING, FALL_EVERY, 0.66),
        (SLOWLY, FALL_EVERY, 0.66),
        (FINE, FALL_EVERY, 1.0),
        (Batch(0, 0, 0.0), FALL_EVERY, 1.0),
    ],
)
def test_a_weight_falls_half_a_minute_after_the_trouble_began(batch: Batch, after: timedelta, weight: float) -> None:
    begun = judged(Health("a"), FAILING, [Health("b")], now=BEGIN)
    assert judged(begun, batch, [Health("b")], now=BEGIN + after).weight == pytest.approx(weight)


@pytest.mark.parametrize(
    ("quiet", "weight"), [(QUIET - timedelta(seconds=1), 0.5), (QUIET, 0.5 + RISE), (timedelta(minutes=28), 1.0)]
)
def test_a_weight_rises_only_after_a_quiet_minute(quiet: timedelta, weight: float) -> None:
    low = Health("a", weight=0.5, lowered_at=BEGIN, raised_at=BEGIN, failed_at=BEGIN)
    assert judged(low, FINE, [Health("b")], now=BEGIN + quiet).weight == pytest.approx(weight)
