# What is posted into channels

announce-started = { $boss } has appeared! Send your teams with /raid_strike.
    .title = { $boss } has appeared
announce-stage = { $boss } enters stage { $stage } of { $stages }: strikes score higher from here on.
    .title = Stage { $stage }
announce-stage-weakness = It is weak to **{ $revealed }** now.
announce-stage-curse = **{ $curse }** is cursed.
announce-curse = { $boss } grows stronger: **{ $curse }** is cursed. Characters of that kind score less until another curse takes its place.
    .title = A new curse
announce-replaced = **{ $replaced }** is free again.
announce-fizzled = { $boss } reaches for a curse, but finds none.
    .title = A curse fizzled out
announce-breakthrough = { $weakness ->
    [none] { $player } completed breakthrough { $number }. There is nothing left to reveal.
   *[some] { $player } completed breakthrough { $number }: { $boss } is weak to **{ $revealed }**!
  } { $players ->
    [one] One player is rewarded.
   *[other] { $players } players are rewarded.
  }
    .title = Breakthrough { $number }
announce-victory = { $boss } is defeated! { $player } dealt the final blow. { $players ->
    [one] One player took part
   *[other] { $players } players took part
  }: see your share with /raid_rewards.
    .title = Victory over { $boss }
announce-ended = { $outcome ->
    [EXPIRED] { $boss } stands: time is up. What the boss lost counts: see /raid_rewards.
   *[CANCELLED] The raid against { $boss } was ended. What you earned stays yours.
  }
    .title = The raid is over
announce-paused = The raid against { $boss } is paused. Nobody can strike until it goes on; cooldowns run on.
    .title = The raid is paused
announce-resumed = The raid against { $boss } goes on. Strike!
    .title = The raid goes on
announce-updated = The settings of the raid against { $boss } were changed.
    .title = The raid was changed
announce-adjusted = { $boss } has { $hp } HP now.
    .title = HP adjusted
announce-reason = Reason: { $reason }
announce-many = 📜 { $count } things happened

# Kinds, as admins choose them

announce-kind-RAID_STARTED = A raid begins
announce-kind-STAGE_ADVANCED = Stages
announce-kind-CURSE_APPLIED = Curses
announce-kind-CURSE_FIZZLED = Curses that fizzle out
announce-kind-BREAKTHROUGH = Breakthroughs
announce-kind-BOSS_DEFEATED = Victory
announce-kind-RAID_ENDED = A raid ends without victory
announce-kind-RAID_PAUSED = A raid is paused
announce-kind-RAID_RESUMED = A raid goes on
announce-kind-RAID_UPDATED = Settings change
announce-kind-HP_ADJUSTED = HP adjustments

# /raid_channel

channel-here = **{ $channel }** hears of the raid.
channel-kinds = Told: { $kinds }
channel-role = Mentioned: { $role }
channel-no-role = Mentioned: nobody
channel-off-yet = { $channel } does not hear of the raid.
channel-switched-off = { $channel } was switched off { $when }: { $reason }
channel-none = No channel of this server hears of the raid yet. Choose one below, or name one: /raid_channel channel:#news
channel-list = Channels of this server that hear of the raid:
channel-turned-off = { $channel } hears nothing of the raid any more.
channel-choose = Choose a channel
channel-choose-kinds = What is told there
channel-kinds-first = Choose first what is told there.
channel-choose-role = Whom to mention (a role)
channel-off-button = Switch off
channel-missing = I cannot announce in { $channel } yet. I still need there: { $permissions }. Nothing was changed.
channel-role-quiet = { $role } cannot be mentioned by everyone, and I may not mention all roles in { $channel }: the mention would ring for nobody. Allow one of the two in the server's settings.
channel-role-everyone = I mention a role of yours, but not everyone.
channel-elsewhere = This channel is not one of this server's that I can see.
channel-unusable = { $channel } is not a channel I can write in. Choose a text channel or a thread.
channel-gone-notice = I cannot write in { $channel } of **{ $guild }** any more, so announcements there are switched off ({ $reason }). When that is mended, /raid_channel switches them on again.
channel-permission-view_channel = View Channel
channel-permission-send_messages = Send Messages
channel-permission-send_messages_in_threads = Send Messages in Threads
channel-permission-embed_links = Embed Links
channel-permission-attach_files = Attach Files
channel-permission-read_message_history = Read Message History

# /raid_remind

remind-on = I will send you a message when you may strike again. Your direct messages must be open to members of this server.
remind-off = I will not remind you any more.
remind-unknown = You are not registered yet. Strike once with /raid_strike, then ask me again.
remind-ready = ⚔️ You may strike again since { $when }: /raid_strike
remind-closed = I could not send you a direct message, so I have switched your reminders off. Open your direct messages for this server and use /raid_remind again.
