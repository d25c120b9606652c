// Runs before the first paint, so that a chosen theme does not flash in the other one. `state/theme.ts` writes the choice.
try {
  const theme = localStorage.getItem('regain.theme');
  if (theme === '"light"' || theme === '"dark"') document.documentElement.dataset.theme = JSON.parse(theme);
} catch {
  // A browser that keeps nothing gets the system's theme.
}
