"""What is said of commands that hands would not execute; `check/permitted` asks the files of hands."""

from bot.library.rules import syntax_rule


@syntax_rule("X1", "warning")
def hands_do_not_execute_this(step: str, why: str) -> tuple[str, str]:
    """What a runbook wants executed stands in `hands.yaml` (asked with `--hands`, or where HANDRAIL_HANDS is set).

    What does not stand there is walked by hand; better to know before the night. Values that only a run knows are
    taken to fit.
    """
    return f"{step} is walked by hand: {why}", "an entry in hands.yaml, by whoever owns production; or nothing"


@syntax_rule("X2", "warning")
def hands_do_not_execute_this_version(why: str, entry: str) -> tuple[str, str]:
    """Hands execute only versions of a runbook that somebody other than its author has approved in `hands.yaml`.

    Who may change what a machine executes is more than one person. Source: NIST SP 800-53 Rev. 5, CM-3 (configuration
    change control) and AC-5 (separation of duties).
    """
    return why, f"in hands.yaml under `approved:`, once you have read it and did not write it: {entry}"
