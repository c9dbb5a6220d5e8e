# /raid_admin. Times, mentions and names come in as Discord draws them.

admin-not-set-up = Raids cannot be administered from Discord here: the one who runs the bot has to set the home server, the admins and an admin token.
admin-elsewhere = Raids are administered in the bot's home server, not in this one.
admin-not-you = This is for raid admins. Ask the one who runs the bot if you should be one.

admin-raid-line = **{ $raid }** against { $boss }
admin-boss-choice = { $boss } ({ $hp } HP)

admin-unknown-boss = There is no such boss. Choose one from the list that opens while you type.
admin-unreadable-time = “{ $typed }” is no time in the future that I can read. Write 90m, 12h, 3d or 2w from now, or a date with its time zone, such as `2030-01-31 18:00+01:00`.
admin-created = ⚔️ { $raid } has begun.
admin-scheduled = 🗓️ { $raid } is planned: it begins by itself { $when }.
admin-ends = It ends { $when } at the latest.
admin-unknown-outcome = ⏳ The raid server did not answer, so I do not know whether it is done. Look at { $status } before you try again.

admin-already-live = Another raid is live. End it first, or give the new one a start.
admin-already-defeated = The boss has fallen already: there is nothing to change any more.
admin-no-such-raid = This raid is not there any more.
admin-refused = ⛔ { $message }
admin-impossible = The raid cannot be like this:
admin-warned = The raid can be played like this, but:
admin-more-problems = { $count ->
    [one] … and one more.
   *[other] … and { $count } more.
}
admin-create-anyway = Create it anyway
admin-cancel = Cancel
admin-left-alone = Everything stays as it was.

admin-no-raid = There is no live raid.
admin-is-paused = The raid is paused already.
admin-is-not-paused = The raid is not paused.

admin-confirm-pause = { $raid }: pause it? Nobody can strike until it goes on; its end moves back by as long.
admin-confirm-resume = { $raid }: let it go on?
admin-confirm-end = { $raid }: end it for good? What was earned stays earned, nothing more is granted. This cannot be undone.
admin-pause = Pause …
admin-resume = Resume …
admin-end = End for good …
admin-pause-title = Pause the raid
admin-resume-title = Resume the raid
admin-end-title = End the raid for good
admin-reason = Why?
admin-reason-hint = Kept in the log and shown to everyone.
admin-reason-missing = Nothing was done: say why.
admin-done-pause = ⏸️ { $raid } is paused.
admin-done-resume = ▶️ { $raid } goes on.
admin-done-end = ⏹️ { $raid } has been ended.

admin-status-title = Raid administration
admin-status-active = active
admin-status-paused = paused
admin-status-scheduled = planned
admin-status-completed = over
admin-live =
    { $raid } (raid { $id }, { $status })
    HP: { $hp } of { $total } ({ $percent } %), stage { $stage } of { $stages }
    Strikes: { $strikes } by { $participants ->
        [one] one player
       *[other] { $participants } players
    }
    Begun: { $begun }
    Ends: { $ends }
admin-ends-never = when the boss falls
admin-scheduled-raids = Planned
admin-last-actions = What admins did last
# What the API's log calls it; an action that is newer than this list is told by that name.
admin-action = { $action ->
    [create_raid] began or planned a raid
    [update_raid] changed the raid
    [pause_raid] paused the raid
    [resume_raid] let the raid go on
    [end_raid] ended the raid
    [adjust_boss_hp] changed the boss's HP
    [grant_characters] gave characters
    [grant_equipment] gave equipment
    [forget_player] forgot a player
    [create_token] made a token
    [revoke_token] revoked a token
   *[other] { $name }
}
