// Light, dark, or as the system says: kept in a cookie, so that the server sends the right one and nothing flickers.

const YEAR = 365 * 86400;

export function theme(root) {
  for (const choice of root.querySelectorAll("[data-theme-choice]")) {
    choice.hidden = false;
    choice.addEventListener("click", () => {
      const chosen = next(document.documentElement);
      document.cookie = `beckon_theme=${chosen}; path=/; max-age=${YEAR}; samesite=lax`;
      document.documentElement.dataset.theme = chosen;
    });
  }
}

function next(page) {
  const dark = page.dataset.theme === "dark" || (!page.dataset.theme && matchMedia("(prefers-color-scheme: dark)").matches);
  return dark ? "light" : "dark";
}
