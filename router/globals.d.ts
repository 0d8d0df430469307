// What scripts of the page hand to each other by a global name, because some of them are classic scripts that can
// import nothing. (`keriwasmDoor`, `keriwasmGenerations`, `keriwasmRelay` and `keriwasmVersions` need no word here:
// TypeScript reads them off their scripts.)

/** What router/boot/early.js started; null once router/tabs/own-router.js took it over. */
declare var keriwasmEarly:
  { worker: Worker; error: string; trouble: ErrorEvent | null; again: boolean } | null | undefined;

/**
 * The page as programs and its own Python see it (README): made by router/tabs/page.js, absent when that did not come.
 */
declare var keriwasm: {
  version: string;
  status: import('./tabs/page.js').Shown;
  /** The last news of the connection, for whoever comes later. */
  connection: object | null;
  fetch: (action: string | URL,
    options?: RequestInit & { signal?: AbortSignal; headers?: Record<string, string> }) => Promise<Response>;
  offline: import('./offline/offline.js').Offline;
  reload: () => void;
  lead: () => void;
};

/** htmx 4, a classic script. It comes without types. */
declare var htmx: any;

/** Trusted Types, where the browser has them. */
declare var trustedTypes: undefined | {
  createPolicy(name: string, rules: { [rule: string]: (text: string) => string | null }):
    { createHTML(text: string): string };
};
