"""People who walk a run to its end: each step is pressed by whoever may, and everything that is asked is typed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from bot.workspace.client import SlackUser
from bot.workspace.client.look import labels_in, spot_labelled, words_of
from bot.workspace.form import elements_in, text_of
from bot.workspace.serve import Workspace
from bot.workspace.state import Message

ACTS = ("I am watching", "Begin", "Approve…", "Done")
"""What moves a run forward, in the order in which it is tried."""
MOST = 120


@dataclass
class Responders:
    """`names` in the order in which they try; `answers` by a part of the field's label, `choices` by label."""

    workspace: Workspace
    channel: str
    names: Sequence[str]
    answers: Mapping[str, str]
    choices: Sequence[str]
    story: list[str] = field(default_factory=list)

    def walk_to_the_end(self, end: str) -> str:
        """Press until the card says this, or nothing moves forward any more; what the card says then."""
        for _ in range(MOST):
            post = self._newest(end)
            if post is None:
                break
            if not any(self._act(self.workspace.person(name), post) for name in self.names):
                raise AssertionError(f"Nobody gets on with:\n{words_of(post)}\n" + "\n".join(self.story))
        return self._card()

    def _card(self) -> str:
        posts = self._first().messages(self.channel)
        return words_of(posts[0]) if posts else ""

    def _first(self) -> SlackUser:
        return self.workspace.person(self.names[0])

    def _newest(self, end: str) -> Message | None:
        """The newest reply on which something moves the run forward, once it has come; None at the end."""
        self._first().wait_until(lambda: self._next() or end in self._card(), 20)
        return self._next()

    def _next(self) -> Message | None:
        return next((post for post in self._replies() if self._forward(post)), None)

    def _replies(self) -> list[Message]:
        return [post for post in reversed(self._first().in_sight(self.channel)) if post.thread_ts and not post.only_for]

    def _forward(self, post: Message) -> list[str]:
        """What may be pressed to get on; a watcher watches once."""
        labels = labels_in({"blocks": post.blocks})
        watched = any(told.startswith("I am watching") and told.endswith(post.ts) for told in self.story)
        return [act for act in (*ACTS, *self.choices) if act in labels and not (watched and act == ACTS[0])]

    def _act(self, person: SlackUser, post: Message) -> bool:
        """Press and fill as this person; False when they were told that they may not."""
        act = self._forward(post)[0]
        hints = self._hints(person)
        spot = spot_labelled({"blocks": post.blocks}, act)
        assert spot is not None
        outcome = person.press_on(post, spot)
        assert outcome.ok, outcome
        if person.has_modal:
            self._fill(person)
        moved = person.wait_until(lambda: self._has_moved(post, act) or self._hints(person) != hints, 20)
        if not moved or self._hints(person) != hints:
            return False
        self.story.append(f"{act} – {person.user.name} – {post.ts}")
        return True

    def _has_moved(self, post: Message, act: str) -> bool:
        now = next((one for one in self._replies() if one.ts == post.ts), None)
        return now is None or now.blocks != post.blocks or act not in labels_in({"blocks": now.blocks})

    def _hints(self, person: SlackUser) -> int:
        return sum(post.only_for == person.id for post in person.in_sight(self.channel))

    def _fill(self, person: SlackUser) -> None:
        modal = person.modal()
        for block, _ in elements_in(modal.view.body):
            label = text_of(block.get("label"))
            answer = next((typed for part, typed in self.answers.items() if part in label), None)
            if block["type"] == "input" and answer is not None:
                modal.fill(block["block_id"], answer)
        outcome = modal.submit()
        assert outcome.ok, (modal.words, modal.errors)
