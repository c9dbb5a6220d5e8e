# What any part of the bot may have to say, and the descriptions of the commands (at most 100 characters each).

error-api-away = ⏳ The raid server does not answer right now. Nothing is lost: try again in a minute.
error-api-token = The raid server does not let me in right now. My operators can see it in my log; once they have given me a valid token, everything works again.
error-discord-away = ⏳ Discord did not answer. Try again in a moment.
error-servers-only = The raid is fought in servers: use this command there.
error-unusable-option = One of the options cannot be used here. Choose it from the list and try again.
error-old-command = This command has changed. Restart Discord (Ctrl+R) and try again in a minute.
error-no-access = I am not allowed to do that here. I need to view the channel, send messages, embed links and attach files.
error-bug = Something went wrong on our side; your characters are safe. Tell an admin this id: `{ $id }`

command-status = The boss now: HP, stage, weaknesses, curses, and how you stand
command-strike = Strike the boss: the best team is chosen already, two taps and it is done
command-team = Your characters for this raid: who can still strike, and how well
command-leaderboard = Who has done most in this raid
command-rewards = What the raid has earned you, and what comes next
command-remind = A message when you may strike again
command-help = How the raid works
command-channel = Where raid news is posted in this server, which news, and which role it mentions
command-admin = Administer raids
command-admin-create = Begin a raid, now or later
command-admin-pause = Let the raid stand still
command-admin-resume = Let the paused raid go on
command-admin-end = End the raid for good; what was earned stays earned
command-admin-status = The raid and what admins did last

option-metric = What to rank by
option-reminders = Whether you want reminders
option-channel = The channel for raid news; left out: what is set in this server
option-kinds = Which news; left out: as it is, or everything
option-mention-role = A role to mention with each piece of news
option-boss = The boss: type to search
option-name = The raid's name; left out: the boss's name
option-start = When it begins: 2h, 3d, or 2030-01-31 18:00+01:00; left out: at once
option-end = When it ends: 2h, 3d, or 2030-01-31 18:00+01:00; left out: when the boss falls

metric-damage = Damage
metric-analysis = Analysis
metric-contribution = Contribution
metric-strikes = Strikes

switch-on = On
switch-off = Off

kinds-all = Everything
kinds-milestones = Milestones: start, stages, breakthroughs, end
kinds-ends = Start and end only
kinds-none = Nothing any more
