"""The words that titles begin with, and the words that tell a tired reader nothing; a team may change both."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints, model_validator

from bot.format.pieces import Duration, Exec, Http, Shape, short

HOUSE = "handrail/v1"
Word = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z’' -]{0,38}[a-z]$")]
"""One word or a short phrase, in small letters."""


class VagueWords(Shape):
    """Changes to the words that say nothing a person can see."""

    add: tuple[Word, ...] = ()
    """Words that are vague in this team too."""
    allow: tuple[Word, ...] = ()
    """Words of the list that mean something certain in this team."""


class CheckWords(Shape):
    """The words that `handrail check` goes by, changed for a team."""

    verbs: tuple[Word, ...] = ()
    """More verbs that a title may begin with."""
    vague: VagueWords = VagueWords()
    """Changes to the words that say nothing."""


class Retention(Shape):
    """How long things are kept; what is not named is kept for good."""

    words: Duration | None = None
    """What people typed in runs that have ended; `handrail retain` redacts it."""
    logins: Duration | None = None
    """Codes and tokens, from the day on which they counted no more."""


class Inventory(Shape):
    """A list of what there is, which is compared with what the catalogue protects."""

    of: Annotated[str, short(60)]
    """What its things are called together, such as `databases`."""
    csv: Annotated[str, short(200)] | None = None
    """A table with a column `id` or `name`, by its path below this folder."""
    backstage: Annotated[str, short(200)] | None = None
    """A `catalog-info.yaml` of Backstage instead, by its path below this folder."""
    exec: Exec | None = None
    """A command by which hands read it: a name on each line, or a table."""
    http: Http | None = None
    """A request by which hands read it, likewise."""
    reads: Annotated[str, short(500)] | None = None
    """A JMESPath that finds the names in the JSON that comes."""
    but: tuple[Annotated[str, short(100)], ...] = ()
    """What need not be protected, by id or name."""

    @model_validator(mode="after")
    def _names_one(self) -> "Inventory":
        if sum(one is not None for one in (self.csv, self.backstage, self.exec, self.http)) != 1:
            message = "write one of `csv:`, `backstage:`, `exec:` and `http:`"
            raise ValueError(message)
        return self


class HouseFile(Shape):
    """What a team lays down for its folder: how it is looked at, and how long things are kept."""

    schema_: Annotated[Literal["handrail/v1"], Field(alias="schema")]
    """What this document is."""
    check: CheckWords = CheckWords()
    """The words that `handrail check` goes by."""
    retain: Retention = Retention()
    """How long things are kept."""
    inventory: tuple[Inventory, ...] = ()
    """Lists of what there is: what is in no protection is a finding."""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


VERBS = _words("""
abort accept acknowledge acquire activate add adjust agree alert align allow announce answer append apply approve
archive arm ask assemble assess assign attach authenticate authorise authorize
back begin block boot break bring browse build bypass
calculate call cancel capture carry catch change charge check choose clean clear click clone close collect combine
commit compare compile complete compose compute configure confirm connect consult contact contain continue convert
copy cordon correct count create cut
deactivate decide declare decline decommission decrease decrypt deduplicate defer define delay delete deliver demote
deny deploy derive describe destroy detach detect determine diff direct disable discard disconnect discover dismount
dispatch display distribute divert document download drain draw drop dump duplicate
edit eject elect empty enable encrypt end enforce enlist enter erase escalate establish estimate evacuate evaluate
evict examine exchange exclude execute exit expand expire explain export expose extend extract
fail fence fetch file fill filter find finish fix flag flip flush follow forbid force format forward free freeze
gather generate get give grant group grow guard
halt hand hold
identify import include increase inform initialise initialize initiate insert inspect install instruct interrupt
invalidate invite invoke involve isolate issue
join jump
keep kill
label launch leave let lift limit link list load locate lock log look lower
mail make map mark mask match measure merge migrate mirror mount move
name negotiate note notify number
observe obtain offer open operate order organise organize
page park partition paste patch pause perform pick pin place plan plug point post power prepare press print promote
prove provide provision publish pull purge push put
query quiesce quit
raise re-encrypt re-wrap reach read reassign rebalance reboot rebuild recalculate receive recheck reclaim recompute
reconcile reconfigure reconnect record recount recover recreate redeploy redirect reduce refer refresh register
reinstall reinstate reject rejoin relabel release reload relocate remount remove rename renew reopen repair repeat
replace replay replicate reply repoint report request require rerun rescan resend reserve reset resize resolve restart
restore restrict resubmit resume resync retain retrieve retry return reuse reverse revert review revise revoke rewind
rewrap rewrite roll rotate route run
sample save say scale scan schedule scrub seal search secure see seed select send separate set settle share shift ship
show shrink shut sign silence skip snapshot sort specify split stage stand start state stop store stream submit
subscribe substitute summon suspend swap switch sync synchronise synchronize
tag taint take talk tear tell terminate test thaw throttle time toggle trace track train transfer translate trigger
trim truncate try tune turn type
unblock uncordon undelete undo unfence unfreeze uninstall unlink unlock unmask unmount unpack unpause unplug
unregister unseal unset unsubscribe unwrap unzip update upgrade upload use
vacate vacuum validate verify view visit vote
wait wake walk warm warn wash watch wipe withdraw wrap write
zero zip
advance augment balance bring caution cement comment commission compliment complement condition decrement distance
enhance evidence experiment finance fragment function implement increment influence mention partition petition position
provision question ration reference reposition requisition ring section segment sequence serve silence sing station
string supplement swing transition
""")
"""Verbs in the imperative that recovery procedures begin their steps with; whatever their form, they are verbs."""
NOUNS = _words("""
a access account action after alarm all an and another any api app application archives as asset at availability
backup backups before bucket cache certificate client cluster command condition config connection console container
context credential customer daemon damage dashboard data database databases day deployment description device disk
distribution dns document domain downtime during each engineer environment error errors every example failover failure
file files final finally first folder for from goal group he her here his host how i if image important in incident
index indices information infrastructure instance into it its job key last latest lead location log logs machine main
manager many master memory metric metrics migrations minutes more most my namespace network new next no node nodes not
nothing number object of old on once one only operator or other our outage output overview owner password path people
permission person phase platform pod pods policy prerequisite prerequisites primary problem procedure process production
queue quick reason recovery region replica replicas repository response result role root row rows rule runbook schema
script second secondary secret server servers service services several she situation snapshots some standby status step
steps still storage successful summary system table tables team that the their them then there these they third this
those time timeline to token tool topic traffic troubleshooting two under until user users value version versions
volume we website what when where whether which while who why with without you your zone
""")
"""Words that a title begins with and that are no imperative, or hardly ever."""
_ENDS_OF_NOUNS = ("tion", "sion", "ment", "ness", "ity", "ance", "ence", "ship", "ism", "ing", "ology", "ware")


def is_no_verb(word: str) -> bool:
    """Whether a word, in small letters, is surely no verb; English has too many verbs to list them."""
    if word in VERBS:
        return False
    short = len(word) <= len("sing") or any(sign.isdigit() for sign in word)
    return word in NOUNS or not word or word[0].isdigit() or (not short and word.endswith(_ENDS_OF_NOUNS))


ORDERS = _words("""
abort apply ask avoid beware call cancel change check choose click close compare confirm copy delete disable do
don’t don't drop enable ensure enter go keep kill leave look make mount move never notify pick press promote
read remember remove replace revert run save select send shut stop switch take tell turn type unmount update use verify
wait warn write
""")
"""First words of a sentence that tells somebody to do something. Words that are nouns as often are left out."""
VAGUE = (
    "verify", "ensure", "make sure", "as needed", "if needed", "when needed", "as required", "if required",
    "as necessary", "if necessary", "where necessary", "if applicable", "where applicable", "as applicable",
    "as appropriate", "appropriate", "appropriately", "properly", "correctly", "adequate", "adequately", "suitable",
    "suitably", "sufficient", "sufficiently", "reasonable", "reasonably", "as usual", "some time", "a while",
    "as soon as possible", "asap", "in a timely manner", "periodically", "be careful", "carefully", "with care",
    "simply", "easily", "obviously", "etc", "and so on", "and/or", "sanity check", "double-check",
    "should be fine", "looks good", "looks ok", "healthy", "as expected", "somehow",
)  # fmt: skip
"""Words after which two people do two different things, or cannot say whether they are done."""
