"""Secrets of a page that is brought in: none comes along, and nothing else of the page changes."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.format.runbook import Do
from bot.library.secrets import LEFT_OUT, without_secrets
from tests.library.test_markdown import book_of, draft_of

PAGE = """\
# Secrets

## Do

1. Log in with password: CorrectHorseBattery
2. Use the password `Tr0ub4dor` for root.
3. Send it:

   ```bash
   export AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY
   curl -H "Authorization: Bearer 0123456789abcdef0123456789abcdef" https://api.example.com
   curl -H 'X-Vault-Token: s.abcdefghijklmnop' https://vault.example.com
   curl "https://maps.example.com/?key=AIzaSyA0123456789abcdefghijklmnopqrstuv"
   PGPASSWORD=hunter22 psql -h db
   vault login s.abcdefghijklmnopqrstuvwx
   docker login -u bot -p s3cr3tpw registry.example.com
   kubectl create secret generic x --from-literal=pass=hunter22
   slack=https://hooks.slack.com/services/T000/B000/XXXXXXXXXXXXXXXXXXXXXXXX
   ```
"""
MADE_UP = (
    "CorrectHorse", "Tr0ub4dor", "wJalr", "0123456789abcdef", "s.abcdef", "AIzaSy", "hunter22", "s3cr3tpw", "XXXXXXXX",
)  # fmt: skip


def _commands(page: str) -> list[str]:
    return [step.command for step in book_of(page).steps if isinstance(step, Do) and step.command]


def test_no_made_up_secret_survives() -> None:
    """Each way of writing one that pages are seen to hold; what stands around it is there still."""
    draft = draft_of(PAGE)
    assert [secret for secret in MADE_UP if secret in draft] == []
    command = _commands(PAGE)[0]
    assert f'curl -H "Authorization: Bearer {LEFT_OUT}" https://api.example.com' in command
    assert f"PGPASSWORD={LEFT_OUT} psql -h db" in command
    assert len(command.splitlines()) == 9


def test_a_word_that_says_secret_eats_no_fence() -> None:
    """Each value is looked at by itself, so none is sought beyond the end of its line."""
    page = (
        "# Rotate\n\n## Do\n\n1. Read the object:\n\n    ```\n    kubectl get secret web-token\n    ```\n\n"
        "    Then tell the owner of the site and wait for the answer.\n\n"
        "    ```\n    kubectl rollout restart deploy web\n    ```\n\n2. Delete the old pods.\n"
    )
    assert _commands(page) == ["kubectl get secret web-token", "kubectl rollout restart deploy web"]
    assert "Tell the owner of the site and wait for the answer" in draft_of(page)
    assert LEFT_OUT not in draft_of(page)


@pytest.mark.parametrize(
    "line",
    [
        "kubectl delete secret web-token web-old", "kubectl get configmap extension-authentication", "openssl version",
        "secretName: web-tls", "tokenReviewer: enabled", "mkdir -p /srv/x", "docker run -p 80:80 x", "psql -p 5432",
        "vault login -method=userpass", "tool --password-file /run/x", "export PGPASSWORD=$PW", "grep password= /etc/x",
        'curl -H "Authorization: Bearer $TOKEN" https://x', "ssh-keygen -t ed25519", "git log --author=token",
    ],
)  # fmt: skip
def test_what_is_no_secret_stays_to_the_sign(line: str) -> None:
    """A word that speaks of secrets is none."""
    assert without_secrets(line) == (line, False)
    assert _commands(f"# A\n\n## Do\n\n```bash\n{line}\n```\n") == [line]


@pytest.mark.parametrize(
    ("line", "left"),
    [
        ("curl -H 'X-Auth-Token: abcdefgh' https://x", f"curl -H 'X-Auth-Token: {LEFT_OUT}' https://x"),
        ("password: hunter22", f"password: {LEFT_OUT}"),
        ('{"password":"hunter22","user":"bo"}', f'{{"password":"{LEFT_OUT}","user":"bo"}}'),
        ("PASSWORD='ab$c&d e'", f"PASSWORD='{LEFT_OUT}'"),
        ("login --token ghp_abcdefghijklmnopqrstuvwxyz0123456789", f"login --token {LEFT_OUT}"),
        ("key SG.aaaaaaaaaaaaaaaaaaaaaa.bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb end", f"key {LEFT_OUT} end"),
        ("openssl enc -pass pass:hunter22 -in x", f"openssl enc -pass pass:{LEFT_OUT} -in x"),
        ("helm registry login x -u a -p hunter22", f"helm registry login x -u a -p {LEFT_OUT}"),
    ],
)
def test_the_value_alone_goes(line: str, left: str) -> None:
    """No colon is rewritten, no quote is lost, and the next word stays."""
    assert without_secrets(line) == (left, True)


@pytest.mark.parametrize(
    ("words", "kept"),
    [
        ("Log in with password: CorrectHorseBattery", f"Log in with password: {LEFT_OUT}"),
        ("The password is hunter22, for root.", f"The password is {LEFT_OUT}, for root."),
        ("The password for the vault is `Hunter2Hunter2`.", f"The password for the vault is `{LEFT_OUT}`."),
        ("password of root: hunter22", f"password of root: {LEFT_OUT}"),
        ("The password for the vault is kept by Zoe", "The password for the vault is kept by Zoe"),
        ("Password: ask the vault", "Password: ask the vault"),
        ("Password: vaulted, by key", "Password: vaulted, by key"),
        ("Reset the password for user42", "Reset the password for user42"),
        ("The secret web-tls-2 is gone", "The secret web-tls-2 is gone"),
        ("The token is in the vault", "The token is in the vault"),
    ],
)
def test_prose_about_secrets_is_told_from_secrets(words: str, kept: str) -> None:
    assert without_secrets(words, spoken=True)[0] == kept


def test_a_private_key_goes_as_far_as_it_is_one() -> None:
    """It is the one secret of several lines; a key that never ends takes no prose with it."""
    key = "-----BEGIN EC PRIVATE KEY-----\nMHcCAQEE\nabc+/=\n-----END EC PRIVATE KEY-----"
    assert without_secrets(f"before\n{key}\nafter")[0] == f"before\n{LEFT_OUT}\nafter"
    assert without_secrets("-----BEGIN PRIVATE KEY-----\nMHc\nThen (see below) go on.\nx")[0].splitlines()[1:] == [
        "Then (see below) go on.",
        "x",
    ]


PARTS = (
    "password", "secret", "token", "api_key", ": ", "=", " ", "\n", '"', "'", "hunter22", "-p ", "--token ", "Bearer ",
    "kubectl ", "://u:p@h", "web-1", "curl -u a:", "s.abcdefghijklmnopq", "xoxb-1-abcdefghi", "Authorization: ",
    "pass:",
)  # fmt: skip


@given(st.lists(st.one_of(st.sampled_from(PARTS), st.text(max_size=6)), max_size=14).map("".join), st.booleans())
def test_nothing_else_of_a_line_changes(text: str, spoken: bool) -> None:
    """A law: what is kept of a line stands in it, sign for sign and in order; the number of lines stays."""
    kept = without_secrets(text, spoken=spoken)[0]
    assert kept.count("\n") == text.count("\n")
    for before, after in zip(text.split("\n"), kept.split("\n"), strict=True):
        parts = [re.escape(part) for part in after.split(LEFT_OUT)]
        assert re.fullmatch(".+?".join(parts), before, re.DOTALL), (before, after)
    assert without_secrets(kept, spoken=spoken)[0] == kept, "a second look finds nothing"
