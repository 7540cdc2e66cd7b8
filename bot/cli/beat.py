"""`handrail beat`: what a script or cron says of a backup, sent to the hook of a serving Handrail."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from http.client import HTTPException
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import quote, urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

import click

from bot.cli.failures import Failure
from bot.format.printable import printable

SECONDS, ATTEMPTS = 10.0, 3
_LARGEST = 16_384
_AGAIN = frozenset({408, 429, 500, 502, 503, 504})


@click.command("beat", context_settings={"ignore_unknown_options": True})
@click.argument("asset")
@click.argument("protection")
@click.argument("command", nargs=-1, type=click.UNPROCESSED)
@click.option(
    "--url", envvar="HANDRAIL_PUBLIC_URL", metavar="URL", help="Where Handrail serves.  [env: HANDRAIL_PUBLIC_URL]"
)
@click.option(
    "--token-file", type=click.Path(path_type=Path, exists=True, dir_okay=False), metavar="FILE",
    help="Holds the token; else HANDRAIL_BEAT_TOKEN does.",
)  # fmt: skip
@click.option("--of", metavar="TIME", help="To which moment the restore point leads back.  [default: when it began]")
@click.option("--place", metavar="RESOURCE", help="Where it is.  [default: the target of the protection]")
@click.option("--outcome", type=click.Choice(("ok", "failed", "damaged")), help="[default: ok, or what COMMAND says]")
@click.option("--size", type=click.IntRange(min=0), help="In bytes.")
@click.option("--seconds", type=click.IntRange(min=0), help="How long it took.")
@click.option("--checksum")
@click.option("--covers", multiple=True, help="What is in it, by name; may be said again.")
@click.option("--said", default="", help="A few words about it; at most 200 characters, no secret.")
@click.option("--restore-test", type=click.Choice(("ok", "failed")), help="How a restore from it went.")
@click.option("--silence-until", metavar="TIME", help="Tell nobody until then; with --reason.")
@click.option("--end-silence", is_flag=True, help="Tell again.")
@click.option("--accept-size", is_flag=True, help="The smaller size is as it should be; with --reason.")
@click.option("--reason", help="Why: it is recorded.")
def beat(
    asset: str, protection: str, command: tuple[str, ...], url: str | None, token_file: Path | None, **said: object
) -> None:
    """Report of PROTECTION of ASSET that it ran.

    With a COMMAND after `--`, it is run first: how it ended and how long it took is reported, and its exit code is kept
    even when the report does not arrive.
    """
    if not url:
        raise click.UsageError("Say where Handrail serves: --url https://handrail.example.com")
    if command and (said["silence_until"] or said["end_silence"] or said["accept_size"]):
        raise click.UsageError("A COMMAND is a backup or a restore test: say a silence or a size by itself.")
    # Whatever stands against the report is said before the backup is made, which may take hours.
    address = f"{url.rstrip('/')}/hooks/heartbeat/{quote(asset, safe='')}/{quote(protection, safe='')}"
    if urlsplit(address).scheme not in ("http", "https"):
        raise Failure("The address begins with http:// or https://.")
    token = _token(token_file)
    ended = _run(command) if command else None
    body = _body(_with_how_it_ended(said, ended))
    failure = _send(address, token, json.dumps(body).encode())
    if failure:
        click.echo(f"The report did not arrive: {printable(failure)}", err=True)
    if ended is not None:
        sys.exit(ended[0])
    if failure:
        sys.exit(2)
    click.echo("Heard.")


def _run(command: tuple[str, ...]) -> tuple[int, Mapping[str, object]]:
    """Run a command as it is, without a shell: its exit code, and what to report of it."""
    began, since = time.time(), time.monotonic()
    try:
        code = subprocess.run(command, check=False).returncode  # noqa: S603  (the words of whoever runs this command)
    except OSError as wrong:
        click.echo(f"{printable(command[0])} cannot be run: {wrong.strerror or wrong}.", err=True)
        code = 127
    of = time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime(began))
    seconds = int(time.monotonic() - since)
    return code, {"of": of, "seconds": seconds} if not code else {
        "seconds": seconds,
        "outcome": "failed",
        "said": f"exit {code}",
    }


def _with_how_it_ended(
    said: Mapping[str, object], ended: tuple[int, Mapping[str, object]] | None
) -> Mapping[str, object]:
    """What was said, and how the command ended; of a restore test the command says whether it worked, and no more."""
    if ended is None:
        return said
    code, how = ended
    if not said["restore_test"]:
        return {**said, **how}
    failed = {"restore_test": "failed", "said": f"exit {code}"} if code else {}
    return {**said, "seconds": how["seconds"], **failed}


def _body(said: Mapping[str, object]) -> dict[str, object]:
    reason = said.get("reason")
    if said.get("end_silence"):
        return {"silence": {"until": None}}
    if said.get("silence_until"):
        return {"silence": {"until": said["silence_until"], "reason": reason or ""}}
    if said.get("accept_size"):
        return {"accept_size": reason or "", **_given(said, "place")}
    if said.get("restore_test"):
        tried = {"outcome": said["restore_test"], **_given(said, "of", "seconds", "said")}
        return {"restore_test": tried, **_given(said, "place")}
    covers = said.get("covers")
    named = {"covers": list(covers)} if isinstance(covers, tuple) and covers else {}
    return {**_given(said, "of", "place", "outcome", "size", "seconds", "checksum", "said"), **named}


def _given(said: Mapping[str, object], *names: str) -> dict[str, object]:
    return {name: said[name] for name in names if said.get(name) not in (None, "")}


def _token(file: Path | None) -> str:
    if file is not None:
        try:
            return file.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError):
            raise Failure(f"{file} cannot be read as a token.") from None
    token = os.environ.get("HANDRAIL_BEAT_TOKEN", "").strip()
    if not token:
        raise click.UsageError("No token: put it into HANDRAIL_BEAT_TOKEN, or name a file with --token-file")
    return token


def _send(address: str, token: str, body: bytes) -> str:
    """Send it, up to three times; why it did not arrive, or nothing."""
    failure = ""
    for attempt in range(ATTEMPTS):
        failure, again = _try(address, token, body)
        if not failure or not again:
            break
        if attempt < ATTEMPTS - 1:
            time.sleep(2**attempt)
    return failure


def _try(address: str, token: str, body: bytes) -> tuple[str, bool]:
    """Why it did not arrive, or nothing; and whether it is worth trying again."""
    headers = {"authorization": f"Bearer {token}", "content-type": "application/json", "user-agent": "handrail"}
    request = Request(address, body, headers, method="POST")  # noqa: S310  (http and https alone)
    try:
        with build_opener(_Stays).open(request, timeout=SECONDS):
            return "", False
    except HTTPError as refused:
        try:
            why = str(json.loads(refused.read(_LARGEST))["error"])
        except (ValueError, KeyError, TypeError, OSError):
            why = f"HTTP {refused.code}"
        return why, refused.code in _AGAIN
    except (OSError, HTTPException) as lost:
        return f"nothing answers at that address ({type(lost).__name__})", True


class _Stays(HTTPRedirectHandler):
    """Follows nobody elsewhere: the token is for this address alone."""

    def redirect_request(self, *_: object) -> None:
        return None
