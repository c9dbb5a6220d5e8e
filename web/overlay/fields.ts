/** What can be set on the settings page, in what order, and what it is called in each language. */
// Types alone: were there code that both pages share, it would be a file of its own that the overlay has to wait for.
import type { Board, Language, Layout, Lost, Motion, Theme } from "./settings";

type Both = Readonly<Record<Language, string>>;

export interface Field {
  /** The parameter in the address. */
  readonly name: string;
  readonly label: Both;
  readonly hint?: Both;
  /** Left out of the address when it is chosen. */
  readonly standard: string;
  readonly kind: "choice" | "switch" | "range" | "number" | "text" | "color" | "secret";
  readonly choices?: readonly (readonly [value: string, label: Both])[];
  readonly range?: readonly [least: number, most: number, step: number];
  /** What a text has to look like, as a regular expression. */
  readonly pattern?: string;
}

export interface Group {
  readonly label: Both;
  readonly fields: readonly Field[];
}

const both = (en: string, de: string): Both => ({ en, de });
const named = (labels: Readonly<Record<string, Both>>): readonly (readonly [string, Both])[] => Object.entries(labels);

/** What the source in OBS should measure. */
export const SIZES: Readonly<Record<Layout, readonly [width: number, height: number]>> = {
  full: [1920, 1080],
  bar: [1280, 150],
  ticker: [560, 300],
  vertical: [1080, 1920],
};

export const GROUPS: readonly Group[] = [
  {
    label: both("Picture", "Bild"),
    fields: [
      {
        name: "layout", kind: "choice", standard: "full", label: both("Layout", "Aufteilung"),
        choices: named({
          full: both("Full picture", "Ganzes Bild"),
          bar: both("Bar", "Leiste"),
          ticker: both("Strikes only", "Nur Angriffe"),
          vertical: both("Upright", "Hochkant"),
        } satisfies Record<Layout, Both>),
      },
      { name: "scale", kind: "range", standard: "1", range: [0.5, 2, 0.05], label: both("Size", "Größe") },
      {
        name: "theme", kind: "choice", standard: "ember", label: both("Theme", "Farbwelt"),
        choices: named({
          ember: both("Ember", "Glut"),
          frost: both("Frost", "Frost"),
          jade: both("Jade", "Jade"),
          mono: both("Black and white", "Schwarzweiß"),
        } satisfies Record<Theme, Both>),
      },
      { name: "accent", kind: "color", standard: "", label: both("Own colour", "Eigene Farbe"), hint: both("For the HP bar, until you choose a theme.", "Für den HP-Balken, bis du eine Farbwelt wählst.") },
      {
        name: "lang", kind: "choice", standard: "", label: both("Language", "Sprache"),
        choices: [["", both("Automatic", "Automatisch")], ...named({ en: both("English", "English"), de: both("Deutsch", "Deutsch") } satisfies Record<Language, Both>)],
      },
      {
        name: "motion", kind: "choice", standard: "auto", label: both("Movement", "Bewegung"),
        choices: named({
          auto: both("Automatic", "Automatisch"),
          full: both("All", "Alles"),
          reduced: both("Still", "Ruhig"),
        } satisfies Record<Motion, Both>),
      },
    ],
  },
  {
    label: both("Contents", "Inhalt"),
    fields: [
      {
        name: "board", kind: "choice", standard: "damage", label: both("Top list", "Bestenliste"),
        choices: named({
          damage: both("Damage", "Schaden"),
          analysis: both("Analysis", "Analyse"),
          contribution: both("Contribution", "Beitrag"),
          strikes: both("Strikes", "Angriffe"),
          off: both("None", "Keine"),
        } satisfies Record<Board, Both>),
      },
      { name: "top", kind: "number", standard: "5", range: [3, 10, 1], label: both("Rows in it", "Zeilen darin"), hint: both("3 to 10.", "3 bis 10.") },
      { name: "ticker", kind: "switch", standard: "on", label: both("Newest strikes", "Neueste Angriffe") },
      { name: "badges", kind: "switch", standard: "on", label: both("Weaknesses and curses", "Schwächen und Flüche") },
      { name: "toast", kind: "switch", standard: "on", label: both("Announcements", "Ansagen"), hint: both("New stages, curses and breakthroughs.", "Neue Stufen, Flüche und Durchbrüche.") },
      { name: "sound", kind: "switch", standard: "off", label: both("Sounds", "Töne") },
      { name: "volume", kind: "range", standard: "40", range: [0, 100, 5], label: both("Volume", "Lautstärke") },
    ],
  },
  {
    label: both("When nothing moves", "Wenn nichts geschieht"),
    fields: [
      {
        name: "idle", kind: "choice", standard: "show", label: both("Without a raid", "Ohne Raid"),
        choices: [["show", both("Say so", "Hinweis zeigen")], ["hide", both("Show nothing", "Nichts zeigen")]],
      },
      {
        name: "onlost", kind: "choice", standard: "chip", label: both("Without a connection", "Ohne Verbindung"),
        choices: named({
          chip: both("Say so", "Hinweis zeigen"),
          hide: both("Show nothing", "Nichts zeigen"),
          keep: both("Keep the picture", "Bild stehen lassen"),
        } satisfies Record<Lost, Both>),
      },
      {
        name: "victory", kind: "choice", standard: "", label: both("The end is shown", "Das Ende steht"),
        choices: [
          ["", both("Until the next raid", "Bis zum nächsten Raid")],
          ["30", both("30 seconds", "30 Sekunden")],
          ["300", both("5 minutes", "5 Minuten")],
          ["3600", both("An hour", "Eine Stunde")],
          ["off", both("Not at all", "Gar nicht")],
        ],
      },
    ],
  },
  {
    label: both("Which raid", "Welcher Raid"),
    fields: [
      {
        name: "raid", kind: "text", standard: "", pattern: "\\d{1,18}", label: both("Raid number", "Nummer des Raids"),
        hint: both("A whole number. Empty: the one that is on, and after it the next.", "Eine ganze Zahl. Leer: der laufende und danach der nächste."),
      },
      {
        name: "token", kind: "secret", standard: "", label: both("Viewer token", "Zuschauer-Token"),
        hint: both(
          "Only for servers that are not public. It becomes part of the address: keep that to yourself.",
          "Nur für Server, die nicht öffentlich sind. Es wird Teil der Adresse: zeig sie niemandem.",
        ),
      },
    ],
  },
];

export const TEXTS = {
  title: both("The overlay for your stream", "Das Overlay für deinen Stream"),
  lead: both(
    "Set it up as you like, copy the address, and add it to OBS as a browser source.",
    "Stell es ein, kopier die Adresse und füge sie in OBS als Browserquelle hinzu.",
  ),
  "address-label": both("Address for OBS", "Adresse für OBS"),
  copy: both("Copy", "Kopieren"),
  "try-label": both("Try it", "Ausprobieren"),
  "behind-label": both("Behind it", "Dahinter"),
  "source-label": both("Shown", "Gezeigt"),
} as const satisfies Record<string, Both>;

export const MORE = {
  copied: both("Copied.", "Kopiert."),
  notCopied: both("The browser does not let us copy. The address is marked: press Ctrl+C.", "Der Browser lässt uns nicht kopieren. Die Adresse ist markiert: drück Strg+C."),
  size: both("Width and height of the source: ", "Breite und Höhe der Quelle: "),
  preview: both("Preview of the overlay", "Vorschau des Overlays"),
  real: both("The real raid", "Der echte Raid"),
  sample: both("Made-up raid", "Erfundener Raid"),
} as const satisfies Record<string, Both>;

export const REHEARSALS: readonly (readonly [string, Both])[] = [
  ["stage", both("Stage", "Stufe")],
  ["curse", both("Curse", "Fluch")],
  ["breakthrough", both("Breakthrough", "Durchbruch")],
  ["victory", both("Victory", "Sieg")],
  ["lost", both("Connection lost", "Verbindung weg")],
];

export const BEHIND: readonly (readonly [string, Both])[] = [
  ["game", both("A game", "Ein Spiel")],
  ["white", both("White", "Weiß")],
  ["black", both("Black", "Schwarz")],
];
