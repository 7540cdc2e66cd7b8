"""Who is mentioned for a next step: not whoever's own press has just brought it."""

from tests.render.channel import Channel, read
from tests.story import Story

STEPS = """
steps:
- {id: look, do: Look at the graph, go: {ok: copy}}
- {id: copy, do: Copy the rows, go: {ok: settle}}
- {id: settle, wait: The copy settles, for: 5m, go: {ok: sure}}
- {id: sure, signoff: Agree to go on, from: [data_owner], need: 1, binds: {steps: [restore]}, go: {approved: restore}}
- {id: restore, do: Restore it, go: {ok: tell}}
- {id: tell, notify: Tell them, to: ["role:lead"], go: {ok: clean}}
- {id: clean, do: Clean up, go: {ok: over}}
- {id: over, end: Close, outcome: recovered}
- {id: hold, decide: Hold, who: lead, options: [{id: a, label: Stop, when: "A.", go: over},
   {id: b, label: Again, when: "B.", go: copy}], go: {unsure: hold}}
"""
MINE = "<@U0ANA>"


def mentions(story: Story) -> dict[str, bool]:
    """Of each step's post as it was when it came, whether it mentions Ana."""
    posts = [post for post in Channel(story).posts if post.key.startswith("step:")]
    return {post.key.split(":")[1]: MINE in "\n".join(read(post.message)) for post in posts}


def test_a_press_of_ones_own_needs_no_mention_and_everything_else_does() -> None:
    """Twice her own press; then a wait, a signature and a step that went by itself brought the next one."""
    story = Story(STEPS).started().done().done().begin().done().sign("ben", "orders-db").begin().done().done()
    assert story.refusal is None
    assert mentions(story) == {
        "look": False, "copy": False, "settle": False, "restore": True, "clean": True,
    }  # fmt: skip


def test_a_press_of_somebody_else_mentions_the_operator() -> None:
    """Ana says that something is wrong, and Chen sends her back to work."""
    story = Story(STEPS).started().problem().choose("b", "chen")
    assert story.refusal is None
    assert mentions(story) == {"look": False, "hold": False, "copy": True}
