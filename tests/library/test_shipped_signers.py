"""The shipped catalogue and runbooks: whoever starts and takes part, somebody is left to sign; two alone are told."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from bot.engine.opening import StartRequest, plan_start, say_missing_signers
from bot.library.registry import Registry, load_shelf
from bot.run.commands import AsksBack
from bot.run.events import Begun
from bot.run.law.signing import ungivable
from tests.story import NOON, Story

SHIPPED = Path(__file__).parents[2] / "runbooks"


@pytest.fixture(scope="module")
def registry() -> Registry:
    return load_shelf(SHIPPED)


def service_lost(registry: Registry, **roles: tuple[str, ...]) -> Story:
    """Dora, a lead and of the team of the application, starts it and operates; it waits for the app to be closed."""
    asset = next(one for one in registry.catalogue.assets.values() if "service-lost" in one.runbooks)
    inputs: Mapping[str, str] = {"outage_seen": "Nothing answers"}
    plan = plan_start(registry, StartRequest(asset.id, "service-lost", "live", "dora", inputs), NOON)
    story = Story(plan.book)
    story.command = replace(plan.start, ref="SHOP-1", roles={**plan.start.roles, **roles})
    return story.started("dora").done("dora", note="All have answered").at_step("close_app")


def test_nobody_who_may_start_is_told_that_a_signature_would_be_missing(registry: Registry) -> None:
    """Each runbook of each asset, started by each person of the catalogue."""
    for asset in registry.catalogue.assets.values():
        for book in registry.runbooks_for(asset):
            for person in registry.catalogue.people:
                plan = plan_start(registry, StartRequest(asset.id, book.id, "live", person), NOON)
                assert say_missing_signers(plan, person, NOON) == "", (asset.id, book.id, person)


def test_the_service_can_be_opened_again_though_its_own_lead_started(registry: Registry) -> None:
    """Ben of her team closes the application: with four in the team somebody is left, with two nobody would be."""
    story = service_lost(registry).begin("ben").then(Begun)
    assert ungivable(story.run) == ()
    two = ("ben", "dora")
    story = service_lost(registry, app_operator=two, data_owner=two).begin("ben")
    assert isinstance(story.refusal, AsksBack)
    assert "“Approve opening the service” needs a signature of the data owner" in story.refusal.sentence
    story.when("ben", story.refusal.again).then(Begun)
    assert [one.id for one in ungivable(story.run)] == ["approve_open", "accept_service"]
