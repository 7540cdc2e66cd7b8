"""How ready assets are: the layers with what is missing, promised and measured, ten answers with their evidence."""

from markupsafe import Markup

from bot.engine.gathering import Gatherer
from bot.readiness.judging import judge, mean_score, word_of
from bot.readiness.questions import QUESTIONS
from bot.render.readiness import say_level, say_owner_and_methods, say_rpo, say_rto
from bot.web.pages.frame import draw
from bot.web.pages.reader import PageReader
from bot.web.pages.views.sources import NotThere, Sources


def draw_ready(sources: Sources, reader: PageReader) -> Markup:
    """All assets, the most urgent first."""
    gatherer = _gatherer(sources)
    judged, findings = gatherer.judged(), gatherer.findings()
    mean = mean_score(judged)
    return draw("ready", reader=reader, judged=judged, mean=f"{mean:.1f}", word=word_of(mean), findings=findings)


def draw_ready_one(sources: Sources, reader: PageReader, id_: str) -> Markup:
    """One asset."""
    facts = _gatherer(sources).facts()
    asset = facts.catalogue.assets.get(id_)
    if asset is None:
        raise NotThere("The catalogue names no such asset.")
    one = judge(facts, asset)
    layers = (("Process", one.process), ("Trigger", one.trigger), ("Response", one.response))
    return draw(
        "ready_one", reader=reader, one=one, layers=layers, questions=QUESTIONS, level=say_level(one),
        rpo=say_rpo(one.objectives), rto=say_rto(one.objectives), methods=say_owner_and_methods(asset),
    )  # fmt: skip


def _gatherer(sources: Sources) -> Gatherer:
    if sources.gatherer is None:
        raise NotThere("Nobody gathers findings here.")
    return sources.gatherer
