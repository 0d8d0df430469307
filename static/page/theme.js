// @ts-check
// The one script that blocks the first paint, and the reason why it may: a stored choice of theme must be on
// <html> before anything is drawn, or a dark page flashes white. python/page/acts.py owns the button and the choice;
// Python starts some hundred milliseconds later, which is too late for this. Without a stored choice the style sheet
// follows the system by itself, and without this file nothing else is lost.
(() => {
  let choice = null;
  try {
    choice = localStorage.getItem('keriwasm-theme');
  } catch {
    // Storage is forbidden here (a sandboxed frame, blocked cookies): the system's theme is the answer then.
  }
  const root = document.documentElement;
  if (choice === 'light' || choice === 'dark') root.dataset.theme = choice;
  root.dataset.themeChoice = root.dataset.theme || 'auto';
})();
