error-api-away = ⏳ Der Raid-Server antwortet gerade nicht. Nichts ist verloren: Versuch es in einer Minute noch einmal.
error-api-token = Der Raid-Server lässt mich gerade nicht ein. Meine Betreiber sehen es in meinem Protokoll; sobald sie mir ein gültiges Token gegeben haben, geht alles wieder.
error-discord-away = ⏳ Discord hat nicht geantwortet. Versuch es gleich noch einmal.
error-servers-only = Gekämpft wird auf Servern: Benutze diesen Befehl dort.
error-unusable-option = Eine der Angaben ist hier nicht möglich. Wähle sie aus der Liste und versuch es noch einmal.
error-old-command = Dieser Befehl hat sich geändert. Starte Discord neu (Strg+R) und versuch es in einer Minute noch einmal.
error-no-access = Das darf ich hier nicht. Ich muss den Kanal sehen, Nachrichten senden, Links einbetten und Dateien anhängen können.
error-bug = Bei uns ist etwas schiefgegangen; deine Charaktere sind sicher. Nenne einem Admin diese Kennung: `{ $id }`

command-status = Der Boss jetzt: LP, Phase, Schwächen, Flüche und wie du dastehst
command-strike = Schlag zu: Das beste Team ist schon gewählt, zweimal tippen genügt
command-team = Deine Charaktere in diesem Raid: wer noch zuschlagen kann und wie stark
command-leaderboard = Wer in diesem Raid am meisten geleistet hat
command-rewards = Was dir der Raid eingebracht hat und was als Nächstes kommt
command-remind = Eine Nachricht, sobald du wieder zuschlagen darfst
command-help = Wie der Raid funktioniert
command-channel = Wo Raid-Neuigkeiten auf diesem Server stehen, welche, und welche Rolle sie erwähnen
command-admin = Raids verwalten
command-admin-create = Einen Raid beginnen, jetzt oder später
command-admin-pause = Den Raid anhalten
command-admin-resume = Den angehaltenen Raid weiterlaufen lassen
command-admin-end = Den Raid endgültig beenden; Verdientes bleibt verdient
command-admin-status = Der Raid und was Admins zuletzt getan haben

option-metric = Wonach sortiert wird
option-reminders = Ob du Erinnerungen möchtest
option-channel = Der Kanal für Raid-Neuigkeiten; ohne: was auf diesem Server gilt
option-kinds = Welche Neuigkeiten; ohne: wie bisher, oder alle
option-mention-role = Eine Rolle, die bei jeder Neuigkeit erwähnt wird
option-boss = Der Boss: Tippen, um zu suchen
option-name = Der Name des Raids; ohne Angabe: der Name des Bosses
option-start = Wann er beginnt: 2h, 3d oder 2030-01-31 18:00+01:00; ohne Angabe: sofort
option-end = Wann er endet: 2h, 3d oder 2030-01-31 18:00+01:00; ohne Angabe: wenn der Boss fällt

metric-damage = Schaden
metric-analysis = Analyse
metric-contribution = Beitrag
metric-strikes = Schläge

switch-on = An
switch-off = Aus

kinds-all = Alles
kinds-milestones = Meilensteine: Beginn, Phasen, Durchbrüche, Ende
kinds-ends = Nur Beginn und Ende
kinds-none = Nichts mehr
