"""Slack's words for no, sorted by what they are about: one table, and what is done for each kind.

Source: the tables of errors of chat.postMessage, chat.update, chat.postEphemeral, conversations.open, files.* and
views.* in Slack's reference (docs.slack.dev/reference/methods, read 2026-11; github.com/slack-ruby/slack-api-ref keeps
copies of them). Whatever the kind, a message that was refused is not told.
"""

from collections.abc import Mapping
from enum import Enum


class About(Enum):
    """What a refusal is about, and so what helps."""

    MESSAGE = "this message"
    """Sent again without what may be wrong with it; one that cannot be changed is posted anew."""
    THREAD = "what this answers"
    """The message above is gone: a new card is posted, once, and its thread takes the rest."""
    PLACE = "this place"
    """The run moves on: to its owner's channel, or to a direct message; the old place is tried again."""
    PERSON = "this person"
    """On record as not reached: their next channel is tried, or the next rung called."""
    APP = "the app or the workspace"
    """Nothing is wrong with the message: it waits, and is sent when an admin has put that right."""
    UNKNOWN = "nobody knows what"
    """Once more as plain text; refused again, the card says so, and it is tried again later."""


_WORDS: Mapping[About, str] = {
    About.MESSAGE: """
        as_user_not_supported block_mismatch cant_broadcast_message cant_update_message edit_window_closed
        invalid_arg_name invalid_arguments invalid_array_arg invalid_attachments invalid_blocks invalid_blocks_format
        invalid_charset invalid_form_data invalid_metadata_format invalid_metadata_schema markdown_text_conflict
        message_not_found message_not_owned_by_app metadata_must_be_sent_from_app metadata_too_large msg_blocks_too_long
        msg_too_long no_dual_broadcast_content_update no_text slack_connect_file_link_sharing_blocked
        streaming_state_conflict too_many_attachments update_failed
    """,
    About.THREAD: "cannot_reply_to_message invalid_thread_ts thread_not_found",
    About.PLACE: """
        access_denied channel_not_found channel_type_not_supported external_channel_migrating is_archived is_inactive
        method_not_supported_for_channel_type no_channel no_permission not_in_channel restricted_action
        restricted_action_non_threadable_channel restricted_action_read_only_channel
        restricted_action_thread_only_channel team_not_found
    """,
    About.PERSON: """
        cannot_dm_bot invalid_user_combination messages_tab_disabled not_enough_users user_disabled user_not_found
        user_not_in_channel user_not_visible users_list_not_supplied users_not_found
    """,
    About.APP: """
        accesslimited account_inactive app_not_installed deprecated_endpoint ekm_access_denied enterprise_is_restricted
        invalid_auth invalid_post_type message_limit_exceeded method_deprecated missing_post_type missing_scope
        not_allowed_token_type not_authed org_login_required over_storage_limit paid_teams_only plan_upgrade_required
        storage_limit_reached team_access_not_granted token_expired token_revoked two_factor_setup_required
        unknown_method
    """,
}
_TABLE = {word: about for about, words in _WORDS.items() for word in words.split()}

CANNOT_BE_CHANGED = frozenset(
    {
        "block_mismatch", "cant_update_message", "edit_window_closed", "message_not_found", "message_not_owned_by_app",
        "streaming_state_conflict", "thread_not_found", "update_failed",
    }
)  # fmt: skip
"""Of a message that was to be changed: it is gone, or stays as it is. A deleted one with replies leaves a tombstone,
which is Slack's own and which we cannot change."""
OF_THE_TOKEN = frozenset(
    {"account_inactive", "invalid_auth", "not_authed", "token_expired", "token_revoked", "app_not_installed"}
)
"""The token is not taken: another one may be."""
UNKNOWN_END = frozenset(
    {"fatal_error", "internal_error", "service_unavailable", "request_timeout", "team_added_to_org"}
)
"""No refusals: nobody knows whether it took effect."""


def about(word: str) -> About:
    """What a word of Slack's is about."""
    return _TABLE.get(word, About.UNKNOWN)


def known_words() -> Mapping[str, About]:
    """The whole table."""
    return _TABLE
