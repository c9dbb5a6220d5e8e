# Was in Kanälen steht

announce-started = { $boss } ist erschienen! Schick deine Teams mit /raid_strike.
    .title = { $boss } ist erschienen
announce-stage = { $boss } erreicht Phase { $stage } von { $stages }: Angriffe zählen ab jetzt mehr.
    .title = Phase { $stage }
announce-stage-weakness = Jetzt schwach gegen **{ $revealed }**.
announce-stage-curse = **{ $curse }** ist verflucht.
announce-curse = { $boss } wird stärker: **{ $curse }** ist verflucht. Solche Charaktere zählen weniger, bis ein anderer Fluch an die Stelle tritt.
    .title = Ein neuer Fluch
announce-replaced = **{ $replaced }** ist wieder frei.
announce-fizzled = { $boss } greift nach einem Fluch, findet aber keinen.
    .title = Ein Fluch verpufft
announce-breakthrough = { $weakness ->
    [none] { $player } vollendet Durchbruch { $number }. Es gibt nichts mehr zu enthüllen.
   *[some] { $player } vollendet Durchbruch { $number }: { $boss } ist schwach gegen **{ $revealed }**!
  } { $players ->
    [one] Ein Spieler wird belohnt.
   *[other] { $players } Spieler werden belohnt.
  }
    .title = Durchbruch { $number }
announce-victory = { $boss } ist besiegt! { $player } führte den letzten Schlag. { $players ->
    [one] Ein Spieler war dabei
   *[other] { $players } Spieler waren dabei
  }: deinen Anteil zeigt /raid_rewards.
    .title = Sieg über { $boss }
announce-ended = { $outcome ->
    [EXPIRED] { $boss } steht noch: Die Zeit ist um. Was der Boss verloren hat, zählt: siehe /raid_rewards.
   *[CANCELLED] Der Raid gegen { $boss } wurde beendet. Was ihr verdient habt, bleibt euer.
  }
    .title = Der Raid ist vorbei
announce-paused = Der Raid gegen { $boss } ruht. Bis es weitergeht, kann niemand angreifen; Wartezeiten laufen weiter.
    .title = Der Raid ruht
announce-resumed = Der Raid gegen { $boss } geht weiter. Greift an!
    .title = Der Raid geht weiter
announce-updated = Die Einstellungen des Raids gegen { $boss } wurden geändert.
    .title = Der Raid wurde geändert
announce-adjusted = { $boss } hat jetzt { $hp } LP.
    .title = LP angepasst
announce-reason = Grund: { $reason }
announce-many = 📜 { $count } Dinge sind geschehen

# Arten, wie Admins sie wählen

announce-kind-RAID_STARTED = Ein Raid beginnt
announce-kind-STAGE_ADVANCED = Phasen
announce-kind-CURSE_APPLIED = Flüche
announce-kind-CURSE_FIZZLED = Verpuffte Flüche
announce-kind-BREAKTHROUGH = Durchbrüche
announce-kind-BOSS_DEFEATED = Sieg
announce-kind-RAID_ENDED = Ein Raid endet ohne Sieg
announce-kind-RAID_PAUSED = Ein Raid ruht
announce-kind-RAID_RESUMED = Ein Raid geht weiter
announce-kind-RAID_UPDATED = Geänderte Einstellungen
announce-kind-HP_ADJUSTED = Angepasste LP

# /raid_channel

channel-here = **{ $channel }** erfährt vom Raid.
channel-kinds = Gemeldet: { $kinds }
channel-role = Erwähnt: { $role }
channel-no-role = Erwähnt: niemand
channel-off-yet = { $channel } erfährt nichts vom Raid.
channel-switched-off = { $channel } wurde { $when } abgeschaltet: { $reason }
channel-none = Noch erfährt kein Kanal dieses Servers vom Raid. Wähle unten einen, oder nenne einen: /raid_channel channel:#news
channel-list = Kanäle dieses Servers, die vom Raid erfahren:
channel-turned-off = { $channel } erfährt nichts mehr vom Raid.
channel-choose = Kanal wählen
channel-choose-kinds = Was dort gemeldet wird
channel-kinds-first = Wähle zuerst, was dort gemeldet wird.
channel-choose-role = Wer erwähnt wird (eine Rolle)
channel-off-button = Abschalten
channel-missing = In { $channel } kann ich noch nichts melden. Mir fehlt dort: { $permissions }. Es wurde nichts geändert.
channel-role-quiet = { $role } darf nicht von allen erwähnt werden, und ich darf in { $channel } nicht alle Rollen erwähnen: Die Erwähnung würde niemanden benachrichtigen. Erlaube eines von beiden in den Servereinstellungen.
channel-role-everyone = Ich erwähne eine Rolle von euch, aber nicht alle.
channel-elsewhere = Dieser Kanal gehört nicht zu diesem Server, oder ich sehe ihn nicht.
channel-unusable = In { $channel } kann ich nicht schreiben. Wähle einen Textkanal oder einen Thread.
channel-gone-notice = In { $channel } von **{ $guild }** kann ich nicht mehr schreiben, deshalb sind die Meldungen dort abgeschaltet ({ $reason }). Wenn das behoben ist, schaltet /raid_channel sie wieder ein.
channel-permission-view_channel = Kanal ansehen
channel-permission-send_messages = Nachrichten senden
channel-permission-send_messages_in_threads = Nachrichten in Threads senden
channel-permission-embed_links = Links einbetten
channel-permission-attach_files = Dateien anhängen
channel-permission-read_message_history = Nachrichtenverlauf lesen

# /raid_remind

remind-on = Ich schreibe dir, sobald du wieder angreifen darfst. Deine Direktnachrichten müssen für Mitglieder dieses Servers offen sein.
remind-off = Ich erinnere dich nicht mehr.
remind-unknown = Du bist noch nicht registriert. Greif einmal mit /raid_strike an und frag mich dann noch einmal.
remind-ready = ⚔️ Seit { $when } darfst du wieder angreifen: /raid_strike
remind-closed = Ich konnte dir keine Direktnachricht schicken und habe deine Erinnerungen deshalb abgeschaltet. Öffne deine Direktnachrichten für diesen Server und nutze /raid_remind noch einmal.
