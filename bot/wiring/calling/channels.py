"""The addresses behind the names of channels: read when they are needed, kept nowhere, and said to nobody."""

from collections.abc import Mapping

from bot.oncall.pager.message import NOT_CONFIGURED, DeliveryResult
from bot.workers.feeds.fetching import Unfetched, secret_named

_OURS = ("HANDRAIL_", "SLACK_", "DATABASE_URL", "AWS_", "PG")
"""Variables that hold secrets of another kind: a catalogue that names one of them as a channel is not obeyed."""
_PASSED_ON = (
    "PATH", "HOME", "LANG", "LC_ALL", "TZ", "SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "http_proxy",
    "https_proxy", "no_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY",
)  # fmt: skip


class Channels:
    """What the environment knows of people's channels. ``env:ANA_SMS`` is `ANA_SMS`, or the file of `ANA_SMS_FILE`."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment

    def address_of(self, channel: str) -> str | DeliveryResult:
        """The Apprise URL of a channel; what is recorded instead of an attempt when there is none."""
        name = channel.removeprefix("env:")
        if name == channel or name.startswith(_OURS):
            return DeliveryResult(reached=False, words="its name is not one of a channel", last=True)
        try:
            return secret_named(self._environment, name) or NOT_CONFIGURED
        except Unfetched:
            return DeliveryResult(reached=False, words="its file cannot be read", last=True)

    def of_sender(self) -> dict[str, str]:
        """The variables of the process that sends: how to reach the network, and no secret of ours."""
        return {name: text for name, text in self._environment.items() if name in _PASSED_ON}
