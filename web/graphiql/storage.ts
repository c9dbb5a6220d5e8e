// GraphiQL keeps tabs and history in the browser, and its history keeps headers. Tokens are left out of what is kept.
const TOKEN = /wt_(viewer|player|bot|admin)_[0-9A-Za-z]+/g;

export const storageWithoutTokens = {
  get length(): number {
    return localStorage.length;
  },
  getItem: (key: string): string | null => localStorage.getItem(key),
  setItem: (key: string, value: string): void => localStorage.setItem(key, value.replace(TOKEN, "wt_$1_paste-your-token-here")),
  removeItem: (key: string): void => localStorage.removeItem(key),
  clear: (): void => localStorage.clear(),
};
