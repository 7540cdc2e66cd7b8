"""What `handrail new` writes: every mandatory element is there, and what only an author knows is a TODO."""

from datetime import date
from string import Template

from bot.library.drafting.around import Around, offered
from bot.library.schema import file_name

_HINT = "# yaml-language-server: $$schema=$schema\n"
_RUNBOOK = Template(
    _HINT
    + """\
# A draft: it can be checked, simulated, shown and walked as a drill. Nobody meets it live before `status: active`.
# `handrail check` names what is left to write. Take out the steps that you do not need.
schema: runbook/v1
id: $id
title: "TODO: the situation as people see it, not the tool"
status: draft
enter_when:
  - "TODO: a sign that a person can see, such as: the report shows fewer rows than yesterday"
not_for:
  - {when: "TODO: a situation that looks alike", use: "TODO: the id of another runbook, or whom to ask"}
objective: "TODO: what is true once this is done"
owner: $owner  # TODO: the team that keeps this true$teams
review: {every: 90d, last_on: "$today", by: $reviewer}  # TODO: who reads it again; 90d for tier 1, 365d for the rest
drill: {every: 90d, mode: tabletop}  # TODO: tabletop, dry_run or isolated
roles:  # TODO: team:ID, rotation:ID or a list of person:ID, whoever is on call is called first
  operator: "team:$owner"
  lead: "team:$lead"
  data_owner: "team:$others"
failure_modes:  # what can go wrong with the procedure itself; the answer is a step, or a resource to fall back on
  - {mode: "TODO: the backup cannot be read", answer: hold}
  - {mode: "TODO: there is no room for the restore", answer: hold}
  - {mode: "TODO: nobody can sign", answer: hold}
vars:
  rows: {type: int, min: 0, unit: rows, ask: "TODO: the number that says how much there is to bring back"}
exception: hold
references:
  - "https://example.com/TODO-the-manual-of-the-tool"

steps:
  - id: look
    decide: "TODO: choose the line that matches what you see"
    phase: assess
    options:
      - {id: this, label: "TODO: it is this", when: "TODO: what one sees then", go: read_backup}
      - {id: other, label: "TODO: it is not", when: "TODO: what one sees then", go: not_this}
    go: {unsure: hold}

  - id: read_backup
    check: "TODO: read the backup that the recovery leans on"
    phase: assess
    why: "TODO: many a backup fails when it is read"
    exec: {argv: ["TODO", "the command and its arguments", "one by one"]}
    capture: {rows: {from: stdout, type: int}}
    expect: {all: [{var: rows, gt: 0}]}
    typical: 2m  # TODO: as measured in a drill
    timeout: 5m
    go: {ok: agree, fail: hold}

  - id: agree
    signoff: "TODO: agree to what cannot be taken back"
    phase: recover
    critical: true
    say: "TODO: what will happen, and what is lost. There are {{ vars.rows }} rows in the backup."
    from: [data_owner, lead]
    need: 1
    binds: {vars: [rows], steps: [restore]}
    readback: rows
    typical: 10m
    go: {approved: restore, rejected: hold, expired: hold}

  - id: restore
    run: "TODO: restore over the damaged data"
    phase: recover
    critical: true
    caution: "TODO: what is gone after this"
    effect: destroy
    undo: {none: "TODO: why it cannot be taken back, and what stays"}
    exec: {argv: ["TODO", "the command and its arguments", "one by one"]}
    typical: 30m  # TODO: as measured in a drill
    timeout: 2h
    go: {ok: accept, fail: hold, timeout: hold}

  - id: accept
    signoff: "TODO: accept the recovered data"
    phase: verify
    say: "TODO: how somebody who did not operate sees that it is right"
    from: [data_owner, lead]
    mode: after
    typical: 10m
    go: {approved: tell, rejected: hold, expired: hold}

  - id: tell
    notify: "TODO: tell the people who wait"
    phase: close
    to: [incident]
    say: "TODO: what is back, and what is still to do"
    go: {ok: done}

  - {id: done, end: Close the run, phase: close, outcome: recovered}
  - {id: not_this, end: "TODO: where people go from here", phase: assess, outcome: not_applicable}

  - id: hold
    decide: Hold here and call the lead
    phase: hold
    who: lead
    page: true
    back: true
    options:
      - {id: stop, label: Stop the run, when: "Going on would make it worse.", go: stopped}
      - {id: partial, label: Close as partial, when: "What can be recovered is recovered.", go: partly}
    max_visits: 20
    go: {unsure: hold}

  - {id: stopped, end: Stop the run and leave everything as it is, phase: hold, outcome: escalated}
  - {id: partly, end: Close the run as partly recovered, phase: hold, outcome: partial}
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
    return _filled(_RUNBOOK, id_, around, f"{schemas}/{file_name('any' if around.people else 'runbook')}", today)


def draft_asset(id_: str, around: Around, today: date, schemas: str = ".schema") -> str:
    """A list with one asset."""
    return _filled(_ASSET, id_, around, f"{schemas}/{file_name('any' if around.people else 'assets')}", today)


def draft_resource(id_: str, around: Around, today: date, schemas: str = ".schema") -> str:
    """A list with one resource."""
    return _filled(_RESOURCE, id_, around, f"{schemas}/{file_name('any' if around.people else 'resources')}", today)


def _filled(template: Template, id_: str, around: Around, schema: str, today: date) -> str:
    ladder = f"ladder: {around.ladders[0]}  # TODO: who is called, in which order" if around.ladders else ""
    text = template.substitute(
        schema=schema, id=id_, today=today.isoformat(), owner=around.owner, lead=around.lead, others=around.others,
        reviewer=around.reviewer, teams=offered(around.teams), resources=offered(around.resources),
        runbooks=offered(sorted(around.runbooks)),
        ladder=ladder or "# ladder: TODO who is called, in which order: add a ladder to the people",
    )  # fmt: skip
    return text + around.people
