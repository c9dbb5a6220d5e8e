# /raid_strike: das Feld
strike-factor = ×{ NUMBER($factor, maximumFractionDigits: 3) }
strike-stage = Phase { $number } von { $count }
strike-ends = endet { $when }
strike-hp = **{ $current }** von { $total } LP · **{ NUMBER($percent, minimumFractionDigits: 1, maximumFractionDigits: 1) } %**
strike-weak = ✦ Schwach gegen { $names }
strike-cursed = ☠️ Verflucht: { $names }
strike-curse-clock = { $strikes ->
    [one] ⏱️ Der nächste Schlag, von wem auch immer, bringt einen neuen Fluch
   *[other] ⏱️ In { $strikes } Schlägen, von wem auch immer, kommt ein neuer Fluch
 }
strike-team-best = { $count ->
    [one] Dein bester freier Charakter im Moment
   *[other] Deine { $count } besten freien Charaktere im Moment
 }
strike-team-own = { $count ->
    [one] Dein Charakter
   *[other] Dein Team aus { $count }
 }
strike-team-none = Kein Team gewählt
strike-team-none-next = Tippe auf **Team ändern**, um bis zu sechs zu wählen, oder auf **Bestes Team**, dann wird für dich gewählt.
strike-card = **{ $worth }**
strike-card-factor = ({ $score } { $factor })
strike-projected-fight = ⚔️ Kämpfen: **{ $points }** Schaden
strike-projected-analyze = { $points ->
    [one] 🔍 Analysieren: **{ $points }** Analysepunkt
   *[other] 🔍 Analysieren: **{ $points }** Analysepunkte
 }
strike-analysis-complete = 🔍 Alles ist analysiert: Jetzt zählen nur noch Kämpfe.
strike-multipliers = Affinitäten { $affinity } · Phase { $stage }
strike-with-equipment = 🗡️ Mit **{ $name }**: { $effect }
strike-ready = ✅ { $available } frei, { $used } verbraucht. Wer zuschlägt, ist für diesen Raid verbraucht.

strike-button-fight = Kämpfen
strike-button-fight-points = Kämpfen · { $points }
strike-button-analyze = Analysieren
strike-button-analyze-points = Analysieren · { $points }
strike-button-analyze-complete = Ganz analysiert
strike-button-change = Team ändern
strike-button-best = Bestes Team
strike-button-last = Letztes Team
strike-button-refresh = Neu laden
strike-button-next = Nächster Schlag
strike-button-back = Zurück
strike-button-again = Nochmal versuchen
strike-button-fight-sure = Ja, kämpfen
strike-button-analyze-sure = Ja, analysieren
strike-button-done = Dieses Team nehmen
strike-button-clear = Leeren
strike-button-search = Suchen
strike-button-previous = Zurück
strike-button-following = Weiter

strike-equipment = Ausrüstung
strike-equipment-none = Keine Ausrüstung
strike-effect-affinity-add = { $what } zählt als Schwäche
strike-effect-stat-bonus = +{ $amount } { $what } für das Team
strike-effect-final-score-bonus = +{ $amount } auf das Endergebnis
strike-effect-none = Ohne Wirkung auf Schläge
strike-size-choose = Größe des besten Teams
strike-size = { $count ->
    [one] Bester einzelner Charakter
   *[other] Bestes Team aus { $count }
 }

strike-sure = Alle { $count } losschicken?
strike-sure-why = Wer zuschlägt, ist für diesen Raid verbraucht und kann darin nicht noch einmal zuschlagen.
strike-in-the-air = Schlag läuft …

# Ein Team wählen
strike-choosing = Wähle dein Team · { $count } von { $most }
strike-choosing-none = Noch ist niemand gewählt.
strike-choosing-page = { $total ->
    [0] Keine freien Charaktere
    [one] Ein freier Charakter
   *[other] Seite { $page } von { $pages } · { $total } freie Charaktere, die besten zuerst
 }
strike-choosing-legend = { $weak } dagegen ist der Boss schwach · { $cursed } verflucht oder resistent
strike-choosing-nobody = Kein freier Charakter passt. Nimm den Filter oder die Suche weg, um die anderen zu sehen.
strike-choosing-pick = Charaktere wählen
strike-choosing-full = Das Team ist voll: Nimm zuerst jemanden heraus
strike-choosing-remove = Dein Team: jemanden herausnehmen
strike-option = { $worth } ({ $factor })
strike-filter = Nach Affinität filtern
strike-filter-all = Alle Affinitäten
strike-kind-elemental = Element
strike-kind-archetype = Archetyp
strike-kind-genre = Genre
strike-kind-series = Serie
strike-search-title = Deine Charaktere durchsuchen
strike-search-label = Name oder Serie
strike-search-hint = Ein Teil davon genügt. Leer zeigt alle.
strike-too-many = { $count ->
    [one] ⚠️ Mehr als sechs geht nicht: Ein Charakter blieb draußen.
   *[other] ⚠️ Mehr als sechs geht nicht: { $count } Charaktere blieben draußen.
 }
strike-last-team = ⏮️ Dein letztes Team, vollzählig.
strike-last-team-part = { $count ->
    [one] ⏮️ Aus deinem letzten Team kann ein Charakter zuschlagen.
   *[other] ⏮️ Aus deinem letzten Team können { $count } zuschlagen.
 }
strike-last-team-none = ⏮️ Es gibt kein früheres Team von dir, das noch einmal zuschlagen könnte. Jeder Charakter schlägt in einem Raid einmal zu; ab dem nächsten Raid bringt dir das hier dein Team zurück.

# Warum man gerade nicht zuschlägt
strike-paused-title = ⏸️ Der Raid ist pausiert
strike-paused = Niemand kann zuschlagen, bis ein Admin ihn weiterlaufen lässt. Nichts geht verloren: Deine Wartezeit läuft weiter, und das Ende des Raids verschiebt sich.
strike-no-characters-title = Du hast noch keine Charaktere
strike-no-characters = Zugeschlagen wird mit Charaktere, die dir gehören. Du sammelst sie im Spiel dieser Gemeinschaft; hierher kommen sie, wenn dessen Sammlungen übernommen werden oder ein Raid-Admin dir welche gibt. Registriert bist du schon: Komm wieder, sobald du einen hast!
strike-all-used-title = ✔️ Alle deine Charaktere haben zugeschlagen
strike-all-used = { $used ->
    [one] Dein einziger Charakter hat in diesem Raid alles gegeben.
   *[other] Alle { $used } haben in diesem Raid alles gegeben. Gut gemacht!
 } Im nächsten Raid können alle wieder zuschlagen. Ein neuer Charakter von dir kann es sofort.
strike-too-few-title = Es sind nicht genug Charaktere übrig
strike-too-few = Du hast { $available } freie, und dieser Raid verlangt mehr in einem Team. Ein neuer Charakter würde helfen.
strike-cooldown-title = ⏳ Du kannst { $when } wieder zuschlagen
strike-cooldown = Deine Wartezeit läuft bis { $when }. Tippe dann auf **Neu laden**, oder lass dich von `/raid_remind` erinnern.
strike-no-raid-title = Gerade kein Raid
strike-no-raid = Sobald eine neue Bedrohung gesichtet wird, wird sie angekündigt. Deine Charaktere ruhen und sind dann alle frei.
strike-next-title = ⏳ Der nächste Raid beginnt { $when }
strike-next = **{ $raid }** beginnt am { $when }. Dann sind alle deine Charaktere frei.
strike-last-victory = 🏆 **{ $boss }** wurde von euch allen gemeinsam besiegt!
strike-last-expired = **{ $boss }** ist im letzten Raid entkommen. Alle, die dabei waren, haben einen Teil der Siegesbelohnung erhalten.
strike-last-cancelled = Der letzte Raid, gegen **{ $boss }**, wurde vorzeitig beendet. Was verdient war, bleibt verdient.
strike-last-yours = Du kamst auf Rang **{ $rank }** mit **{ $contribution }** Beitrag. Siehe `/raid_rewards`.

# Der Bericht
strike-report-fight = ⚔️ { $damage } Schaden!
strike-report-found = { $points ->
    [one] 🔍 { $points } Analysepunkt!
   *[other] 🔍 { $points } Analysepunkte!
 }
strike-report-number = Schlag { $number } in { $raid }
strike-report-victory = 🏆 Der letzte Schlag! { $boss } ist besiegt, und du warst es.
strike-report-overkill = { $points ->
    [one] 💥 und ein Punkt darüber hinaus
   *[other] 💥 und { $points } Punkte darüber hinaus
 }
strike-report-replayed = Dieser Schlag war schon geführt. Er hat einmal gezählt, und das ist sein Bericht.
strike-report-score = { $base } { $affinity } Affinitäten { $stage } Phase = **{ $score }** Wertung
strike-report-equipment = mit { $name }
strike-report-analysis = 🔍 **{ $points }** von { $threshold } Analysepunkten bis zum nächsten Durchbruch
strike-report-triggered = Das hat dein Schlag ausgelöst
strike-trigger-curse = ☠️ Ein Fluch: **{ $curse }** ist jetzt im Nachteil.
strike-trigger-curse-replaced = ☠️ Ein Fluch: **{ $curse }** ist jetzt im Nachteil, anstelle von { $replaced }.
strike-trigger-breakthrough = ✨ Durchbruch { $number }!
strike-trigger-stage = 🔥 Phase { $number } beginnt: Schläge bringen mehr.
strike-trigger-weak = Der Boss ist schwach gegen **{ $weakness }**.
strike-trigger-cursed = **{ $curse }** ist verflucht.
strike-report-rewards = 🎁 { $rewards }
strike-report-reward = **+{ $amount }** { $currency }
strike-report-ready = ⏳ Du kannst { $when } wieder zuschlagen.
strike-report-remind = /raid_remind sagt dir, wann es so weit ist.
strike-report-no-rewards = Die Siegesbelohnung gehört dir: siehe `/raid_rewards`.

# Was die API ablehnt; jeder Satz sagt, was zu tun ist
strike-refused-cooldown-active = Du hast gerade erst zugeschlagen. Du kannst { $when } wieder; nichts wurde verbraucht.
strike-refused-characters-already-used = { $count ->
    [one] Einer dieser Charaktere hat in diesem Raid schon zugeschlagen, und jeder schlägt einmal zu. Nichts wurde verbraucht: Wähle aus den übrigen.
   *[other] { $count } dieser Charaktere haben in diesem Raid schon zugeschlagen, und jeder schlägt einmal zu. Nichts wurde verbraucht: Wähle aus den übrigen.
 }
strike-refused-characters-not-owned = { $count ->
    [one] Einer dieser Charaktere gehört dir nicht mehr, vielleicht ist er getauscht. Nichts wurde verbraucht: Wähle aus den übrigen.
   *[other] { $count } dieser Charaktere gehören dir nicht mehr, vielleicht sind sie getauscht. Nichts wurde verbraucht: Wähle aus den übrigen.
 }
strike-refused-equipment-not-owned = Diese Ausrüstung hast du nicht mehr. Nichts wurde verbraucht: Schlag ohne sie zu oder wähle eine andere.
strike-refused-invalid-team = { $max ->
    [one] Dieser Raid ist für einzelne Charaktere. Nichts wurde verbraucht: Tippe auf **Team ändern** und behalte einen.
   *[other] Dieser Raid nimmt Teams aus { $min } bis { $max }. Nichts wurde verbraucht: Tippe auf **Team ändern**.
 }
strike-refused-zero-effect = Dieses Team würde dem Boss nichts tun, deshalb wurde niemand verbraucht. Tippe auf **Team ändern** und nimm stärkere oder mehr Charaktere.
strike-refused-analysis-complete = Es gibt nichts mehr zu analysieren, deshalb wurde nichts verbraucht. Tippe stattdessen auf **Kämpfen**.
strike-refused-no-active-raid = { $scheduled ->
    [yes] Es gibt keinen Raid zum Zuschlagen. Der nächste beginnt { $next }; nichts wurde verbraucht.
   *[no] Es gibt keinen Raid mehr zum Zuschlagen. Nichts wurde verbraucht; der nächste wird angekündigt.
 }
strike-refused-raid-paused = Der Raid ist pausiert, deshalb wurde nichts verbraucht. Schlag zu, wenn er weitergeht: Tippe dann auf **Neu laden**.
strike-refused-boss-already-defeated = Der Boss fiel, bevor dein Schlag kam: Sieg! Nichts wurde verbraucht. In `/raid_rewards` steht, was du verdient hast.
strike-refused-state-changed = Der Boss hat sich verändert, während du gewählt hast. **Nichts wurde verbraucht.** Das würde dein Team jetzt bewirken: Schlag zu, wenn du noch willst.
strike-refused-idempotency-conflict = Dieses Feld hat schon einmal zugeschlagen, auf andere Weise, und schlägt nur einmal zu. Mehr wurde nicht verbraucht; hier ist ein neues.
strike-refused-player-not-found = Du warst noch nicht registriert: Jetzt bist du es. Nichts wurde verbraucht; schlag noch einmal zu.
strike-refused-overloaded = Gerade schlagen sehr viele zu, und du warst noch nicht an der Reihe. Tippe gleich auf **Nochmal versuchen**: Es zählt einmal, so oft du auch tippst.
strike-earlier-changes = { $count ->
    [one] … und eine Änderung davor:
   *[other] … und { $count } Änderungen davor:
 }
strike-other-raid = ⚠️ Seit dieses Feld geöffnet wurde, hat ein neuer Raid begonnen. Nichts wurde verbraucht; hier ist dein bestes Team gegen den neuen Boss.
strike-unknown-title = Hat es getroffen?
strike-unknown = Der Raid hat nicht rechtzeitig geantwortet, darum weiß noch niemand, ob dein Schlag ankam. Tippe auf **Nochmal versuchen**: Kam er an, bekommst du seinen Bericht, sonst schlägt er jetzt zu. Er zählt einmal, so oft du auch tippst.
strike-not-yours = Dieses Feld gehört jemand anderem. Öffne dein eigenes mit `/raid_strike` oder `/raid_team`.
strike-stale = Dieses Feld stammt von einer älteren Version des Bots. Öffne ein neues mit `/raid_strike`; nichts wurde verbraucht.

# /raid_team
team-title = Deine Charaktere
team-against = Gegen { $boss } · { $raid }
team-counts = **{ $available }** frei · { $used } in diesem Raid verbraucht
team-no-raid = Gerade gibt es keinen Raid, deshalb weiß noch niemand, was sie wert sein werden.
team-nobody = Niemand hier.
team-used = hat { $when } zugeschlagen
team-button-all = Alle
team-button-unused = Freie
team-button-used = Verbrauchte
