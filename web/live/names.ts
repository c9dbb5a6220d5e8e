/** Names that people gave themselves, in the sentences of the pages. */

/** Without the marks by which a name could turn the rest of a sentence around. */
export const unturned = (text: string): string => text.replace(/[\u202a-\u202e\u2066-\u2069]/g, "");

/** A name in a sentence: its own direction stays within it. */
export const named = (name: string): string => `\u2068${unturned(name)}\u2069`;

/** Affinities are shown with a capital letter, however they were first written. */
export const titled = (value: string): string => value.charAt(0).toLocaleUpperCase() + value.slice(1);
