# /raid_status und die laufende Statusnachricht
status-stage = Phase { $number } von { $count }
status-paused = ⏸️ pausiert
status-ends = endet { $when }
status-outcome-victory = 🏆 besiegt
status-outcome-expired = entkommen
status-outcome-cancelled = vorzeitig beendet
status-hp = **{ $current }** von { $total } HP · **{ NUMBER($percent, minimumFractionDigits: 1, maximumFractionDigits: 1) } %**
status-next-stage = Phase { $number } beginnt unter { NUMBER($percent, maximumFractionDigits: 1) } %
status-analysis = 🔎 **{ $points }** von { $threshold } Analysepunkten bis zum { $number }. von { $count } Durchbrüchen
status-analysis-complete = { $count ->
    [0] 🔎 Hier gibt es nichts zu analysieren: kämpft!
   *[other] 🔎 Alle { $count } Durchbrüche sind erreicht: kämpft!
 }
status-weak = 💥 Schwach gegen { $names }
status-weak-none = 💥 Noch keine Schwäche bekannt: Analysieren findet eine
status-cursed = 💀 Verflucht: { $names }
status-resistant = 🛡️ Widersteht { $names }
status-curse-clock = { $strikes ->
    [one] Der nächste Angriff bringt einen Fluch
   *[other] Ein neuer Fluch in { $strikes } Angriffen
 }
status-more = und { $count } weitere
status-report = { $strikes ->
    [one] Ein Angriff
   *[other] **{ $strikes }** Angriffe
 } von { $participants ->
    [one] einem Mitglied
   *[other] **{ $participants }** Mitgliedern
 }, { $breakthroughs ->
    [0] kein Durchbruch
    [one] ein Durchbruch
   *[other] **{ $breakthroughs }** Durchbrüche
 }. Beendet { $when }.
status-top = Die Stärksten
status-you = Du
status-you-new = Du hast hier noch keine Charaktere. Dein erstes /raid_strike sagt dir, wie du welche bekommst.
status-you-none = Du hast noch nicht angegriffen. Wer es tut, hat am Sieg teil!
status-you-absent = Hier warst du nicht dabei. Nächstes Mal!
status-you-rank = Rang **{ $rank }** · Beitrag **{ $contribution }** ({ $damage } Schaden, { $analysis } Analyse) · { $strikes ->
    [one] ein Angriff
   *[other] { $strikes } Angriffe
 }
status-tier = 🎖️ Rangstufe **{ $tier }**, noch { $missing } bis { $next }
status-tier-first = 🎖️ Noch keine Rangstufe, { $missing } bis { $next }
status-tier-highest = 🎖️ Rangstufe **{ $tier }**, die höchste
status-tier-none = 🎖️ Dieser Raid hat keine Rangstufen
status-ready = ⚔️ **Du kannst jetzt angreifen**, mit { $characters ->
    [one] einem unverbrauchten Charakter
   *[other] { $characters } unverbrauchten Charakteren
 }
status-ready-at = ⏳ Du kannst { $when } wieder angreifen, mit { $characters ->
    [one] einem unverbrauchten Charakter
   *[other] { $characters } unverbrauchten Charakteren
 }
status-ready-nobody = ✔️ Alle deine Charaktere haben in diesem Raid angegriffen. Gut gemacht!
status-none-title = Gerade kein Raid
status-none = Keine Weltbedrohung in Sicht. Sobald eine auftaucht, wird sie angekündigt.
status-next-title = Als Nächstes: { $boss }
status-next = **{ $raid }** beginnt { $relative }, am { $when }.
status-strike-button = Angreifen
status-standing-button = Mein Stand
live-updated = Stand: { $when }

# /raid_leaderboard
board-title = Rangliste: { $metric }
board-metric-contribution = Beitrag
board-metric-damage = Schaden
board-metric-analysis = Analyse
board-metric-strikes = Angriffe
board-row = { $place } { $name } · { $score }
board-empty = Hier hat noch niemand Punkte. Sei der Anfang!
board-around = Um dich herum
board-not-on-it = Du stehst noch nicht darauf.
board-first = Die ersten { $first } von { $count } Mitgliedern.
board-page = { $page } von { $pages }
board-mine = Mein Platz
board-button = Rangliste
board-gone-title = Diesen Raid gibt es nicht mehr
board-gone = Er ist nicht mehr bekannt.

# /raid_rewards
rewards-title = Deine Belohnungen
rewards-all = Aus allen Raids zusammen:
rewards-amount = { $currency ->
    [crystals] 💎 { $amount } Kristalle
   *[other] { $amount } { $currency }
 }
rewards-nothing = noch nichts
rewards-earned = Bisher verdient: { $rewards }
rewards-not-yet = Du hast noch nicht angegriffen. Schon der erste Angriff bringt etwas ein.
rewards-milestone = 🎯 Noch { $missing } Beitrag bis zum nächsten Meilenstein: { $rewards }
rewards-victory = Wenn der Boss fällt, bekommst du
rewards-no-tier = Fürs Mitmachen
rewards-tier = { $tier } (ab { $contribution } Beitrag)
rewards-ended-tier = 🎖️ Du hast die Rangstufe **{ $tier }** erreicht.
rewards-button = Belohnungen

# /raid_help
help-title = World-Threat Expeditions
help-story = Ein Boss, und wir alle gegen ihn, tagelang. Jeder Angriff zählt, über alle Server hinweg.
help-how =
    ⚔️ **Kämpfen** nimmt dem Boss HP. 🔎 **Analysieren** findet seine Schwächen, für alle.
    👥 Du schickst bis zu sechs deiner Charaktere. Jeder greift in einem Raid nur **einmal** an: Wähle gut, wen du wann schickst.
    💥 Wer zu einer Schwäche passt, trifft härter; 💀 wer zu einem Fluch passt, schwächer. Flüche kommen und gehen.
    🎖️ Dein Beitrag bringt dir eine Rangstufe, und sie vervielfacht deinen Anteil am Sieg.
help-raid-status = wie es um den Raid steht und um dich
help-raid-strike = angreifen! Dein bestes Team ist schon gewählt
help-raid-team = deine Charaktere durchsehen
help-raid-leaderboard = wer was beigetragen hat
help-raid-rewards = was du verdient hast und was dich erwartet
help-raid-remind = eine Nachricht, wenn du wieder angreifen kannst
help-admins = Für alle, die diesen Server leiten: { $channel } legt fest, wo Raids angekündigt werden.

# Die Bilder der Ankündigungen
picture-stage = Phase { $number } von { $count }
picture-breakthrough = Durchbruch { $number }
picture-breakthrough-revealed = Durchbruch { $number }: { $weakness } aufgedeckt
picture-victory = Bedrohung besiegt
picture-expired = Die Bedrohung ist entkommen
picture-cancelled = Der Raid wurde vorzeitig beendet
picture-stage-short = Phase
picture-breakthrough-short = Durchbruch
picture-of = von { $count }
picture-top = Die Stärksten
picture-nobody = Noch niemand
picture-start = Beginn
picture-strikes = { $count ->
    [one] Angriff
   *[other] Angriffe
 }
picture-raiders = { $count ->
    [one] Mitglied
   *[other] Mitglieder
 }
picture-breakthroughs = { $count ->
    [one] Durchbruch
   *[other] Durchbrüche
 }
picture-minutes = { $minutes } min
picture-hours = { $hours } h { $minutes } min
picture-days = { $days } T { $hours } h
picture-number = { $number }
picture-percent = { NUMBER($percent, minimumFractionDigits: 1, maximumFractionDigits: 1) } %
picture-since = seit Beginn
picture-to-victory = bis zum Sieg
picture-alt = Verlauf der HP von { $boss }: noch { NUMBER($percent, maximumFractionDigits: 1) } % ({ $current } von { $total }) nach { $time }, in Phase { $stage } von { $stages }.
picture-alt-victory = Verlauf der HP von { $boss }, von { $total } auf 0 in { $time }: besiegt von { $participants ->
    [one] einem Mitglied
   *[other] { $participants } Mitgliedern
 }.
picture-alt-top = Die Stärksten: { $names }.
