"""What `handrail new` writes: every mandatory element is there, and what only an author knows is a TODO."""

from datetime import date
from string import Template

from bot.library.drafting.around import Around, offered
from bot.library.schema import file_name

_HINT = "# yaml-language-server: $$schema=$schema\n"
_RUNBOOK = Template(
    _HINT
    + """\
# A draft: check it, simulate it, show it, walk it as a drill. Nobody meets it live before `status: active`.
# What follows in the file comes next; what fails holds the run and calls the lead. Where a step destroys, is signed
# for, or ends the run, the way there is written: go: NAME. Take out the steps that you do not need.
schema: runbook/v1
id: $id
title: "TODO: the situation as people see it, not the tool"
status: draft
enter_when: ["TODO: a sign that a person can see, such as: the report shows fewer rows than yesterday"]
not_for: [{when: "TODO: a situation that looks alike", use: "TODO: another runbook, or whom to ask"}]
objective: "TODO: what is true once this is done"
$governance
failure_modes:  # what can go wrong with the procedure itself, and the step that answers it
  - {mode: "TODO: the backup cannot be read", answer: read_backup}
  - {mode: "TODO: there is no room for the restore", answer: restore}
  - {mode: "TODO: nobody can sign", answer: agree}
steps:
  - decide look: "TODO: choose the line that matches what you see"
    phase: assess
    options:
      - {id: this, label: "TODO: it is this", when: "TODO: what one sees then", go: read_backup}
      - {id: other, label: "TODO: it is not", when: "TODO: what one sees then", go: not_this}
  - check read_backup: "TODO: read the backup that the recovery leans on"
    exec: TODO the command and its arguments, without a shell
    capture: {rows: int}  # what it prints, as a number that is {{ vars.rows }} from here on
    expect: {var: rows, gt: 0}
    takes: 2m / 5m  # TODO: usually, and at most, as measured in a drill
  - signoff agree: "TODO: agree to what cannot be taken back"
    phase: recover
    say: "TODO: what will happen, and what is lost. There are {{ vars.rows }} rows in the backup."
    from: [data_owner, lead]
    binds: {vars: [rows], steps: [restore]}
    readback: rows
    go: restore
  - destroy restore: "TODO: restore over the damaged data"
    caution: "TODO: what is gone after this"
    exec: TODO the command and its arguments, without a shell
    undo: "TODO: why it cannot be taken back, and what stays"
    takes: 30m / 2h  # TODO: as measured in a drill
  - signoff accept: "TODO: accept the recovered data"
    phase: verify
    say: "TODO: how somebody who did not operate sees that it is right"
    from: [data_owner, lead]
    mode: after
  - notify tell: "TODO: tell the people who wait"
    to: [incident]
    say: "TODO: what is back, and what is still to do"
    go: done
"""
)
_GOVERNED = {
    "owner": "owner: $owner  # TODO: the team that keeps this true$teams",
    "review": 'review: {every: 90d, last_on: "$today", by: $reviewer}  # TODO: who reads it again, and how often',
    "drill": "drill: {every: 90d, mode: tabletop}  # TODO: tabletop, dry_run or isolated",
    "roles": 'roles: {operator: "team:$owner", lead: "team:$lead", data_owner: "team:$others"}  # TODO: who is who',
}
"""What a runbook says of its keeping, where its folder does not."""
_SAID = "# Who keeps and walks it stands in the defaults of the folder."
_NOBODY = "# Who keeps and walks it: `handrail new people TEAM` writes that once, for the whole folder."
_PEOPLE = Template(
    _HINT
    + """\
# Whoever starts a run or operates signs nothing in it, so that a team has at least three people. Where Slack has a user
# group for the team: handrail people --from-slack
schema: people/v1
people:
  - {id: $id-one, name: "TODO: the name of a person", slack: U00${caps}ONE}  # TODO: the member ID of their profile
  - {id: $id-two, name: "TODO: the name of a second person", slack: U00${caps}TWO}
  - {id: $id-three, name: "TODO: the name of a third person", slack: U00${caps}THREE}
teams:
  - {id: $id, name: "TODO: the name of the team", members: [$id-one, $id-two, $id-three]}
ladders:
  - id: $id
    rungs:  # TODO: who is called when nobody answers, and after how long
      - {after: 0m, tell: ["team:$id"]}
      - {after: 10m, tell: ["person:$id-two", "person:$id-three"]}
"""
)
_DEFAULTS = Template(
    """\
---
# What need not be said in each runbook and asset of this folder; one that says it itself goes by its own.
schema: defaults/v1
owner: $id
roles: {operator: "team:$id", lead: "team:$id", data_owner: "team:$id"}  # TODO: who acts as what
review: {every: 90d, last_on: "$today", by: $id-one}  # TODO: who reads the runbooks again
drill: {every: 90d, mode: tabletop}  # TODO: tabletop, dry_run or isolated
ladder: $id
"""
)
_ASSET = Template(
    _HINT
    + """\
# `handrail check` names what is left to write. The entry may also stand in another file, under its `assets:`.
schema: assets/v1
assets:
  - id: $id
    name: "TODO: the name that people say"
    aliases: []  # TODO: other names that somebody may type after /recover
    type: "TODO: postgres, bucket, virtual-machine"
    tier: 3  # TODO: 1 critical, 2 important, 3 standard
    owner: $owner  # TODO: the team that answers for it$teams
    rpo: 1d  # TODO: how much data may be lost, as time
    rto: 8h  # TODO: how long the recovery may take
    protection:  # what happens on every normal day, so that a recovery is possible
      - {id: backup, method: "TODO: what is backed up, by what, to where", every: 1d, grace: 2h}
    triggers:  # what starts a recovery
      - {missed: backup}
    runbooks: []  # TODO: the procedures for it$runbooks
    $ladder
    depends_on: []  # TODO: what a recovery leans on$resources
    facts: {}  # TODO: what runbooks ask for as {{ asset.NAME }}, such as host: db-1
"""
)
_RESOURCE = Template(
    _HINT
    + """\
# `handrail check` names what is left to write. The entry may also stand in another file, under its `resources:`.
schema: resources/v1
resources:
  - id: $id
    kind: storage  # TODO: server, storage, network, auth, credential, service, people, database or host
    name: "TODO: the name that people say"
    owner: $owner  # TODO: the team that answers for it$teams
    check: {http: {url: "https://example.com/TODO-an-address-that-answers-while-it-works"}}
    every: 30m  # TODO: how often it is looked at
    # fallback: TODO what stands in for it$resources
    depends_on: []  # TODO: what it leans on itself
"""
)


def draft_runbook(id_: str, around: Around, today: date, schemas: str = ".schema") -> str:
    """A runbook that loads as a draft; `schemas` is the folder of the editor's schemas, as seen from the file."""
    return _filled(_RUNBOOK, id_, around, f"{schemas}/{file_name('runbook')}", today)


def draft_people(id_: str, around: Around, today: date, schemas: str = ".schema") -> str:
    """A team with its people and its ladder, and the defaults of the folder where it has none."""
    caps = "".join(sign for sign in id_.upper() if sign.isalnum())
    text = _PEOPLE.substitute(schema=f"{schemas}/{file_name('any')}", id=id_, caps=caps)
    return text if around.says else text + _DEFAULTS.substitute(id=id_, today=today.isoformat())


def draft_asset(id_: str, around: Around, today: date, schemas: str = ".schema") -> str:
    """A list with one asset."""
    return _filled(_ASSET, id_, around, f"{schemas}/{file_name('any' if around.people else 'assets')}", today)


def draft_resource(id_: str, around: Around, today: date, schemas: str = ".schema") -> str:
    """A list with one resource."""
    return _filled(_RESOURCE, id_, around, f"{schemas}/{file_name('any' if around.people else 'resources')}", today)


def _filled(template: Template, id_: str, around: Around, schema: str, today: date) -> str:
    ladder = f"ladder: {around.ladders[0]}  # TODO: who is called, in which order" if around.ladders else ""
    text = template.substitute(
        schema=schema, governance=_keeping(around, today), id=id_, today=today.isoformat(), owner=around.owner,
        lead=around.lead, others=around.others, reviewer=around.reviewer, teams=offered(around.teams),
        resources=offered(around.resources), runbooks=offered(sorted(around.runbooks)),
        ladder=ladder or "# ladder: TODO who is called, in which order: add a ladder to the people",
    )  # fmt: skip
    return text if template is _RUNBOOK else text + around.people


def _keeping(around: Around, today: date) -> str:
    """Who keeps a runbook and who acts in it, as far as the folder does not say it."""
    if around.people and not around.says:
        return _NOBODY
    missing = [line for key, line in _GOVERNED.items() if key not in around.says]
    return Template("\n".join(missing) or _SAID).substitute(
        today=today.isoformat(),
        owner=around.owner,
        lead=around.lead,
        others=around.others,
        reviewer=around.reviewer,
        teams=offered(around.teams),
    )
