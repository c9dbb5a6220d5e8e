# /raid_status and the live status message
status-stage = Stage { $number } of { $count }
status-paused = ⏸️ paused
status-ends = ends { $when }
status-outcome-victory = 🏆 defeated
status-outcome-expired = escaped
status-outcome-cancelled = ended early
status-hp = **{ $current }** of { $total } HP · **{ NUMBER($percent, minimumFractionDigits: 1, maximumFractionDigits: 1) } %**
status-next-stage = Stage { $number } begins below { NUMBER($percent, maximumFractionDigits: 1) } %
status-analysis = 🔎 **{ $points }** of { $threshold } analysis points to breakthrough { $number } of { $count }
status-analysis-complete = { $count ->
    [0] 🔎 There is nothing to analyze here: fight!
   *[other] 🔎 All { $count } breakthroughs are reached: fight!
 }
status-weak = 💥 Weak to { $names }
status-weak-none = 💥 No weakness known yet: analyze to find one
status-cursed = 💀 Cursed: { $names }
status-resistant = 🛡️ Resists { $names }
status-curse-clock = { $strikes ->
    [one] The next strike brings a curse
   *[other] A new curse in { $strikes } strikes
 }
status-more = and { $count } more
status-report = { $strikes ->
    [one] One strike
   *[other] **{ $strikes }** strikes
 } by { $participants ->
    [one] one raider
   *[other] **{ $participants }** raiders
 }, { $breakthroughs ->
    [0] no breakthrough
    [one] one breakthrough
   *[other] **{ $breakthroughs }** breakthroughs
 }. It ended { $when }.
status-top = Strongest raiders
status-you = You
status-you-new = You have no characters here yet. Your first /raid_strike tells you how to get some.
status-you-none = You have not struck yet. Everyone who does shares the victory!
status-you-absent = You were not part of this one. Next time!
status-you-rank = Rank **{ $rank }** · **{ $contribution }** contribution ({ $damage } damage, { $analysis } analysis) · { $strikes ->
    [one] one strike
   *[other] { $strikes } strikes
 }
status-tier = 🎖️ **{ $tier }** tier, { $missing } to { $next }
status-tier-first = 🎖️ No tier yet, { $missing } to { $next }
status-tier-highest = 🎖️ **{ $tier }** tier, the highest there is
status-tier-none = 🎖️ This raid has no tiers
status-ready = ⚔️ **You can strike now**, with { $characters ->
    [one] one unused character
   *[other] { $characters } unused characters
 }
status-ready-at = ⏳ You can strike again { $when }, with { $characters ->
    [one] one unused character
   *[other] { $characters } unused characters
 }
status-ready-nobody = ✔️ All your characters have struck in this raid. Well done!
status-none-title = No raid right now
status-none = No world threat has been sighted. When one is, it is announced.
status-next-title = Next: { $boss }
status-next = **{ $raid }** begins { $relative }, on { $when }.
status-strike-button = Strike
status-standing-button = My standing
live-updated = Updated { $when }

# /raid_leaderboard
board-title = Leaderboard: { $metric }
board-metric-contribution = Contribution
board-metric-damage = Damage
board-metric-analysis = Analysis
board-metric-strikes = Strikes
board-row = { $place } { $name } · { $score }
board-empty = Nobody has scored here yet. Be the first!
board-around = Around you
board-not-on-it = You are not on it yet.
board-first = The first { $first } of { $count } raiders.
board-page = { $page } of { $pages }
board-mine = My place
board-button = Leaderboard
board-gone-title = This raid is gone
board-gone = It is not known any more.

# /raid_rewards
rewards-title = Your rewards
rewards-all = From all raids together:
rewards-amount = { $currency ->
    [crystals] 💎 { $amount } crystals
   *[other] { $amount } { $currency }
 }
rewards-nothing = nothing yet
rewards-earned = Earned so far: { $rewards }
rewards-not-yet = You have not struck yet. The first strike already earns something.
rewards-milestone = 🎯 { $missing } contribution to your next milestone: { $rewards }
rewards-victory = When the boss falls, you get
rewards-no-tier = For taking part
rewards-tier = { $tier } (from { $contribution } contribution)
rewards-ended-tier = 🎖️ You reached the **{ $tier }** tier.
rewards-button = Rewards

# /raid_help
help-title = World-Threat Expeditions
help-story = One boss, and all of us against it, for days. Everybody's strikes add up, across all servers.
help-how =
    ⚔️ **Fight** takes HP from the boss. 🔎 **Analyze** finds its weaknesses, for everyone.
    👥 You send up to six of your characters. Each of them strikes **once** in a raid, so choose whom to send when.
    💥 Who fits a weakness strikes harder; 💀 who fits a curse strikes weaker. Curses come and go.
    🎖️ What you contribute earns you a tier, and the tier multiplies your share of the victory.
help-raid-status = how the raid stands, and you in it
help-raid-strike = strike! Your best team is already picked
help-raid-team = look through your characters
help-raid-leaderboard = who did what
help-raid-rewards = what you have earned, and what awaits you
help-raid-remind = a message when you may strike again
help-admins = For those who run this server: { $channel } chooses where raids are announced.

# The pictures of announcements
picture-stage = Stage { $number } of { $count }
picture-breakthrough = Breakthrough { $number }
picture-breakthrough-revealed = Breakthrough { $number }: { $weakness } revealed
picture-victory = Threat defeated
picture-expired = The threat escaped
picture-cancelled = The raid was ended early
picture-stage-short = Stage
picture-breakthrough-short = Breakthrough
picture-of = of { $count }
picture-top = Strongest raiders
picture-nobody = Nobody yet
picture-start = Start
picture-strikes = { $count ->
    [one] strike
   *[other] strikes
 }
picture-raiders = { $count ->
    [one] raider
   *[other] raiders
 }
picture-breakthroughs = { $count ->
    [one] breakthrough
   *[other] breakthroughs
 }
picture-minutes = { $minutes } min
picture-hours = { $hours } h { $minutes } min
picture-days = { $days } d { $hours } h
picture-number = { $number }
picture-percent = { NUMBER($percent, minimumFractionDigits: 1, maximumFractionDigits: 1) } %
picture-since = since the start
picture-to-victory = to victory
picture-alt = Chart of { $boss }'s HP: { NUMBER($percent, maximumFractionDigits: 1) } % left ({ $current } of { $total }) after { $time }, in stage { $stage } of { $stages }.
picture-alt-victory = Chart of { $boss }'s HP, from { $total } down to 0 in { $time }: defeated by { $participants ->
    [one] one raider
   *[other] { $participants } raiders
 }.
picture-alt-top = Strongest raiders: { $names }.
