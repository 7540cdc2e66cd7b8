"""A rule is silenced on one step, with its reason; a silence that does not hold is a problem itself."""

import pytest

from bot.library.check import check_files
from tests.library.faulty import CATALOGUE, HEAD, PLANTED, TAIL, problems_of

LOOK = "  - id: look\n    do: The rows\n    go: {ok: stopped}"
BOOK = f"{HEAD}\nsteps:\n%s\n{TAIL}"
PLANTED.update({"A1", "A2", "A3"})


def rules_of(steps: str) -> list[tuple[int, str]]:
    return [(one.line - HEAD.count("\n") - 2, one.rule) for one in problems_of(BOOK % steps)]


@pytest.mark.parametrize(
    "steps",
    [
        LOOK.replace("rows", "rows  # handrail: allow H1 because the console says it so"),
        LOOK.replace("stopped}", "stopped}  # handrail: allow H1 because the console says it so"),
        "  # handrail: allow H1 because the console says it so\n" + LOOK,
        "  # A word more.\n  # handrail: allow H1, because the console says it so\n  # And another.\n" + LOOK,
        LOOK.replace("    do:", "    # handrail: allow h1 because: the console says it so\n    do:"),
        "  - {id: look, do: The rows, go: {ok: stopped}}  # handrail: allow H1 because the console says it so",
    ],
)
def test_a_rule_is_silenced_on_its_step_and_listed_with_the_reason(steps: str) -> None:
    files = [("catalogue.yaml", CATALOGUE.encode()), ("book.yaml", (BOOK % steps).encode())]
    report = check_files(files)
    assert report.problems == ()
    (silenced,) = report.silenced
    assert (silenced.problem.rule, silenced.step) == ("H1", "look")
    assert silenced.reason == "the console says it so"


@pytest.mark.parametrize(
    ("comment", "rules"),
    [
        ("allow H1", [(2, "A1"), (2, "H1")]),
        ("allow H1 because", [(2, "A1"), (2, "H1")]),
        ("allow H1 because TODO", [(2, "A1"), (2, "H1"), (2, "L2")]),
        ("allow H77 because it is so", [(2, "A2"), (2, "H1")]),
        ("allow", [(2, "A2"), (2, "H1")]),
        ("allow G2 because it is so", [(2, "A2"), (2, "H1")]),
        ("allow H2 because it is so", [(2, "A3"), (2, "H1")]),
    ],
)
def test_a_silence_that_does_not_hold_is_a_problem(comment: str, rules: list[tuple[int, str]]) -> None:
    found = rules_of(LOOK.replace("rows", f"rows  # handrail: {comment}"))
    assert sorted(found) == sorted(rules)


def test_a_silence_holds_for_its_own_step_only() -> None:
    other = "  - {id: more, do: The index, go: {ok: partly}}"
    silenced = LOOK.replace("stopped", "more").replace("rows", "rows  # handrail: allow H1 because it is so")
    assert rules_of(f"{silenced}\n{other}") == [(4, "H1")]


def test_a_silence_outside_a_step_is_a_problem() -> None:
    text = (BOOK % LOOK.replace("The rows", "Read the rows")).replace(
        "status:", "# handrail: allow H1 because x\nstatus:"
    )
    assert [one.rule for one in problems_of(text)] == ["A2"]


def test_an_error_is_never_silenced() -> None:
    """The safety of a run does not hang on a reason; the same step is fine once the exit is right."""
    comment = "  # handrail: allow G2 because it is so"
    wrong = "  - {id: look, do: Read it, go: {ok: nowhere}}"
    assert {rule for _, rule in rules_of(wrong + comment)} == {"G2", "A2"}
    assert rules_of(wrong.replace("nowhere", "stopped")) == []


def test_rules_about_english_words_are_silent_in_other_languages() -> None:
    """The folder says the language; that they are silent is said once a runbook, and other rules go on."""
    book = (
        "schema: runbook/v1\ntitle: Platte voll\nsteps:\n"
        "  - {do: Größte Verzeichnisse finden, caution: Delete nothing. Nichts löschen. Gar nichts.}\n"
        "  - {do: verify and then etc, say: 'Alles so, wie es sein soll.'}\n"
        "  - {do: Information sammeln}\n"
    ).encode()
    folder = b"schema: defaults/v1\nlanguage: de\n"
    english = check_files([("a/platte.yaml", book)])
    german = check_files([("a/platte.yaml", book), ("a/folder.yaml", folder)])
    assert {"H1", "H3", "H5", "H6"} <= {one.rule for one in english.problems}
    assert not {"H1", "H3", "H5", "H6"} & {one.rule for one in german.problems}
    others = [one for one in english.problems if one.rule not in ("H1", "H3", "H5", "H6")]
    assert [one.rule for one in german.problems] == [one.rule for one in others]
    told = [one for one in german.silenced if one.problem.file == "a/platte.yaml"]
    assert [(one.reason, one.problem.message) for one in told] == [
        ("it is written in de", "H1, H3, H5, H6 know English words alone, and say nothing of this runbook.")
    ]
    assert check_files([("a/platte.yaml", book), ("b/folder.yaml", folder)]).silenced == ()
    assert (
        check_files(
            [("a/platte.yaml", book), ("a/folder.yaml", folder.replace(b"language: de", b"language: en-GB"))]
        ).silenced
        == ()
    )
    assert check_files([("a/folder.yaml", folder.replace(b"language: de", b"language: German"))]).errors == 1
