admin-not-set-up = Raids lassen sich hier nicht von Discord aus verwalten: Wer den Bot betreibt, muss den Heimatserver, die Admins und einen Admin-Token eintragen.
admin-elsewhere = Raids werden auf dem Heimatserver des Bots verwaltet, nicht auf diesem.
admin-not-you = Das ist für Raid-Admins. Frag den Betreiber des Bots, wenn du einer sein solltest.

admin-raid-line = **{ $raid }** gegen { $boss }
admin-boss-choice = { $boss } ({ $hp } LP)

admin-unknown-boss = Diesen Boss gibt es nicht. Wähle einen aus der Liste, die beim Tippen aufgeht.
admin-unreadable-time = „{ $typed }“ ist keine Zeit in der Zukunft, die ich lesen kann. Schreib 90m, 12h, 3d oder 2w ab jetzt, oder ein Datum mit Zeitzone, etwa `2030-01-31 18:00+01:00`.
admin-created = ⚔️ { $raid } hat begonnen.
admin-scheduled = 🗓️ { $raid } ist geplant: Der Raid beginnt von selbst am { $when }.
admin-ends = Spätestens am { $when } endet er.
admin-unknown-outcome = ⏳ Der Raid-Server hat nicht geantwortet, also weiß ich nicht, ob es geschehen ist. Sieh in { $status } nach, bevor du es noch einmal versuchst.

admin-already-live = Ein anderer Raid läuft. Beende ihn zuerst oder gib dem neuen einen Beginn.
admin-already-defeated = Der Boss ist schon gefallen: Daran lässt sich nichts mehr ändern.
admin-no-such-raid = Diesen Raid gibt es nicht mehr.
admin-refused = ⛔ { $message }
admin-impossible = So kann der Raid nicht sein:
admin-warned = So lässt sich der Raid spielen, aber:
admin-more-problems = { $count ->
    [one] … und noch eines.
   *[other] … und { $count } weitere.
}
admin-create-anyway = Trotzdem anlegen
admin-cancel = Abbrechen
admin-left-alone = Alles bleibt, wie es war.

admin-no-raid = Gerade läuft kein Raid.
admin-is-paused = Der Raid ist schon angehalten.
admin-is-not-paused = Der Raid ist nicht angehalten.

admin-confirm-pause = { $raid }: anhalten? Niemand kann zuschlagen, bis es weitergeht; das Ende verschiebt sich um diese Zeit.
admin-confirm-resume = { $raid }: weiterlaufen lassen?
admin-confirm-end = { $raid }: endgültig beenden? Verdientes bleibt verdient, mehr gibt es nicht. Das lässt sich nicht rückgängig machen.
admin-pause = Anhalten …
admin-resume = Weiter …
admin-end = Endgültig beenden …
admin-pause-title = Den Raid anhalten
admin-resume-title = Den Raid weiterlaufen lassen
admin-end-title = Den Raid endgültig beenden
admin-reason = Warum?
admin-reason-hint = Steht im Protokoll und ist für alle zu sehen.
admin-reason-missing = Nichts ist geschehen: Sag, warum.
admin-done-pause = ⏸️ { $raid } ist angehalten.
admin-done-resume = ▶️ { $raid } geht weiter.
admin-done-end = ⏹️ { $raid } ist beendet.

admin-status-title = Raid-Verwaltung
admin-status-active = läuft
admin-status-paused = angehalten
admin-status-scheduled = geplant
admin-status-completed = vorbei
admin-live =
    { $raid } (Raid { $id }, { $status })
    LP: { $hp } von { $total } ({ $percent } %), Phase { $stage } von { $stages }
    Schläge: { $strikes } von { $participants ->
        [one] einem Spieler
       *[other] { $participants } Spielern
    }
    Begonnen: { $begun }
    Endet: { $ends }
admin-ends-never = wenn der Boss fällt
admin-scheduled-raids = Geplant
admin-last-actions = Was Admins zuletzt getan haben
# So nennt es das Protokoll der API; was neuer ist als diese Liste, heißt wie dort.
admin-action = { $action ->
    [create_raid] hat einen Raid begonnen oder geplant
    [update_raid] hat den Raid geändert
    [pause_raid] hat den Raid angehalten
    [resume_raid] hat den Raid weitergehen lassen
    [end_raid] hat den Raid beendet
    [adjust_boss_hp] hat die LP des Bosses geändert
    [grant_characters] hat Charaktere vergeben
    [grant_equipment] hat Ausrüstung vergeben
    [forget_player] hat einen Spieler vergessen
    [create_token] hat ein Token angelegt
    [revoke_token] hat ein Token widerrufen
   *[other] { $name }
}
