# /raid_strike: the panel
strike-factor = ×{ NUMBER($factor, maximumFractionDigits: 3) }
strike-stage = Stage { $number } of { $count }
strike-ends = ends { $when }
strike-hp = **{ $current }** of { $total } HP · **{ NUMBER($percent, minimumFractionDigits: 1, maximumFractionDigits: 1) } %**
strike-weak = ✦ Weak to { $names }
strike-cursed = ☠️ Cursed { $names }
strike-curse-clock = { $strikes ->
    [one] ⏱️ The next strike of anybody brings a new curse
   *[other] ⏱️ A new curse comes in { $strikes } strikes of anybody
 }
strike-team-best = { $count ->
    [one] Your best unused character now
   *[other] Your { $count } best unused characters now
 }
strike-team-own = { $count ->
    [one] Your character
   *[other] Your team of { $count }
 }
strike-team-none = No team chosen
strike-team-none-next = Tap **Change team** to pick up to six, or **Best team** to have them picked for you.
strike-card = **{ $worth }**
strike-card-factor = ({ $score } { $factor })
strike-projected-fight = ⚔️ Fight: **{ $points }** damage
strike-projected-analyze = { $points ->
    [one] 🔍 Analyze: **{ $points }** analysis point
   *[other] 🔍 Analyze: **{ $points }** analysis points
 }
strike-analysis-complete = 🔍 Everything is analyzed: only fights count now.
strike-multipliers = Affinities { $affinity } · stage { $stage }
strike-with-equipment = 🗡️ With **{ $name }**: { $effect }
strike-ready = ✅ { $available } unused, { $used } used. Whoever strikes is used up for this raid.

strike-button-fight = Fight
strike-button-fight-points = Fight · { $points }
strike-button-analyze = Analyze
strike-button-analyze-points = Analyze · { $points }
strike-button-analyze-complete = Fully analyzed
strike-button-change = Change team
strike-button-best = Best team
strike-button-last = Last team
strike-button-refresh = Refresh
strike-button-next = Next strike
strike-button-back = Back
strike-button-again = Try again
strike-button-fight-sure = Yes, fight
strike-button-analyze-sure = Yes, analyze
strike-button-done = Use this team
strike-button-clear = Clear
strike-button-search = Search
strike-button-previous = Previous
strike-button-following = Next

strike-equipment = Equipment
strike-equipment-none = No equipment
strike-effect-affinity-add = { $what } counts as a weakness
strike-effect-stat-bonus = +{ $amount } { $what } for the team
strike-effect-final-score-bonus = +{ $amount } final score
strike-effect-none = No effect in strikes
strike-size-choose = Size of the best team
strike-size = { $count ->
    [one] Best single character
   *[other] Best team of { $count }
 }

strike-sure = Send all { $count }?
strike-sure-why = Everyone who strikes is used up for this raid and cannot strike in it again.
strike-in-the-air = Striking …

# Choosing a team
strike-choosing = Choose your team · { $count } of { $most }
strike-choosing-none = Nobody is chosen yet.
strike-choosing-page = { $total ->
    [0] No unused characters
    [one] One unused character
   *[other] Page { $page } of { $pages } · { $total } unused characters, best first
 }
strike-choosing-legend = { $weak } the boss is weak to it · { $cursed } cursed or resisted
strike-choosing-nobody = No unused character fits. Take the filter or the search away to see the others.
strike-choosing-pick = Pick characters
strike-choosing-full = The team is full: take somebody out first
strike-choosing-remove = Your team: take somebody out
strike-option = { $worth } ({ $factor })
strike-filter = Filter by affinity
strike-filter-all = All affinities
strike-kind-elemental = Element
strike-kind-archetype = Archetype
strike-kind-genre = Genre
strike-kind-series = Series
strike-search-title = Search your characters
strike-search-label = Name or series
strike-search-hint = A part of it is enough. Leave it empty to see everybody.
strike-too-many = { $count ->
    [one] ⚠️ Six is the most: one was left out.
   *[other] ⚠️ Six is the most: { $count } were left out.
 }
strike-last-team = ⏮️ Your last team, all there again.
strike-last-team-part = { $count ->
    [one] ⏮️ Of your last team, one can strike.
   *[other] ⏮️ Of your last team, { $count } can strike.
 }
strike-last-team-none = ⏮️ There is no earlier team of yours that could strike again. Characters strike once in a raid; from the next raid on, this brings your team back.

# Why one does not strike now
strike-paused-title = ⏸️ The raid is paused
strike-paused = Nobody can strike until an admin lets it go on. Nothing is lost: your cooldown runs on, and the end of the raid moves back.
strike-no-characters-title = You have no characters yet
strike-no-characters = Strikes are made by characters that you own. You collect them in this community's game; they come here when its rosters are brought over, or when a raid admin gives you some. You are registered already: come back once you have one!
strike-all-used-title = ✔️ All your characters have struck
strike-all-used = { $used ->
    [one] Your only character has given all in this raid.
   *[other] All { $used } have given all in this raid. Well done!
 } Everybody may strike again in the next raid. A new character of yours can strike at once.
strike-too-few-title = Not enough characters are left
strike-too-few = You have { $available } unused, and this raid asks for more in a team. A new character of yours would help.
strike-cooldown-title = ⏳ You can strike again { $when }
strike-cooldown = Your cooldown runs until { $when }. Tap **Refresh** then, or let `/raid_remind` tell you.
strike-no-raid-title = No raid right now
strike-no-raid = When a new threat is sighted, it is announced. Your characters rest and will all be unused then.
strike-next-title = ⏳ The next raid begins { $when }
strike-next = **{ $raid }** begins on { $when }. All your characters will be unused then.
strike-last-victory = 🏆 **{ $boss }** was defeated by all of you together!
strike-last-expired = **{ $boss }** escaped in the last raid. Everybody who took part shared some of the victory's rewards.
strike-last-cancelled = The last raid, against **{ $boss }**, was ended early. What was earned stays earned.
strike-last-yours = You came in on rank **{ $rank }** with **{ $contribution }** contribution. See `/raid_rewards`.

# The report
strike-report-fight = ⚔️ { $damage } damage!
strike-report-found = { $points ->
    [one] 🔍 { $points } analysis point!
   *[other] 🔍 { $points } analysis points!
 }
strike-report-number = Strike { $number } of { $raid }
strike-report-victory = 🏆 The final blow! { $boss } is defeated, and it was you.
strike-report-overkill = { $points ->
    [one] 💥 and one point of overkill
   *[other] 💥 and { $points } points of overkill
 }
strike-report-replayed = This strike was made already. It counted once, and this is its report.
strike-report-score = { $base } { $affinity } affinities { $stage } stage = **{ $score }** score
strike-report-equipment = with { $name }
strike-report-analysis = 🔍 **{ $points }** of { $threshold } analysis points to the next breakthrough
strike-report-triggered = Your strike set this off
strike-trigger-curse = ☠️ A curse: **{ $curse }** is disfavoured now.
strike-trigger-curse-replaced = ☠️ A curse: **{ $curse }** is disfavoured now, in the place of { $replaced }.
strike-trigger-breakthrough = ✨ Breakthrough { $number }!
strike-trigger-stage = 🔥 Stage { $number } begins: strikes score higher.
strike-trigger-weak = The boss is weak to **{ $weakness }**.
strike-trigger-cursed = **{ $curse }** is cursed.
strike-report-rewards = 🎁 { $rewards }
strike-report-reward = **+{ $amount }** { $currency }
strike-report-ready = ⏳ You can strike again { $when }.
strike-report-remind = /raid_remind tells you when it is time.
strike-report-no-rewards = The victory's rewards are yours: see `/raid_rewards`.

# What the API refuses; each says what to do next
strike-refused-cooldown-active = You struck a moment ago. You can strike again { $when }; nothing was spent.
strike-refused-characters-already-used = { $count ->
    [one] One of these characters has struck in this raid already, and each strikes once. Nothing was spent: pick from those who are left.
   *[other] { $count } of these characters have struck in this raid already, and each strikes once. Nothing was spent: pick from those who are left.
 }
strike-refused-characters-not-owned = { $count ->
    [one] One of these characters is not yours any more, perhaps traded. Nothing was spent: pick from those who are left.
   *[other] { $count } of these characters are not yours any more, perhaps traded. Nothing was spent: pick from those who are left.
 }
strike-refused-equipment-not-owned = You do not have this equipment any more. Nothing was spent: strike without it, or choose another.
strike-refused-invalid-team = { $max ->
    [one] This raid is for single characters. Nothing was spent: tap **Change team** and keep one.
   *[other] This raid takes teams of { $min } to { $max }. Nothing was spent: tap **Change team**.
 }
strike-refused-zero-effect = This team would do nothing to the boss, so nobody was spent. Tap **Change team** and take stronger or more characters.
strike-refused-analysis-complete = There is nothing left to analyze, so nothing was spent. Tap **Fight** instead.
strike-refused-no-active-raid = { $scheduled ->
    [yes] There is no raid to strike. The next one begins { $next }; nothing was spent.
   *[no] There is no raid to strike any more. Nothing was spent; the next raid will be announced.
 }
strike-refused-raid-paused = The raid is paused, so nothing was spent. Strike when it goes on: tap **Refresh** then.
strike-refused-boss-already-defeated = The boss fell before your strike came: victory! Nothing was spent. See `/raid_rewards` for what you earned.
strike-refused-state-changed = The boss changed while you were choosing. **Nothing was spent.** Here is what your team would do now: strike again if you still want to.
strike-refused-idempotency-conflict = This panel has struck once already, in another way, and strikes only once. Nothing more was spent; here is a new one.
strike-refused-player-not-found = You were not registered yet: now you are. Nothing was spent; strike again.
strike-refused-overloaded = Very many strike right now, and yours did not get its turn yet. Tap **Try again** in a moment: it counts once, however often you tap.
strike-earlier-changes = { $count ->
    [one] … and one change before these:
   *[other] … and { $count } changes before these:
 }
strike-other-raid = ⚠️ A new raid has begun since this panel was opened. Nothing was spent; here is your best team against the new boss.
strike-unknown-title = Did it strike?
strike-unknown = The raid did not answer in time, so nobody knows yet whether your strike came through. Tap **Try again**: if it did, you get its report; if not, it strikes now. It counts once, however often you tap.
strike-not-yours = This panel belongs to somebody else. Open your own with `/raid_strike` or `/raid_team`.
strike-stale = This panel is from an older version of the bot. Open a new one with `/raid_strike`; nothing was spent.

# /raid_team
team-title = Your characters
team-against = Against { $boss } · { $raid }
team-counts = **{ $available }** unused · { $used } used in this raid
team-no-raid = There is no raid right now, so nobody knows yet what they will be worth.
team-nobody = Nobody here.
team-used = has struck { $when }
team-button-all = All
team-button-unused = Unused
team-button-used = Used
