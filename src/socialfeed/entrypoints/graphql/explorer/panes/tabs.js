/**
 * Makes a tab list of the markup `[role=tablist] > [role=tab][aria-controls]`: arrow keys, Home and End move, one tab
 * is in the tab order (WAI-ARIA authoring practices, "Tabs").
 *
 * @param {HTMLElement} list
 * @param {{onSelect?: (panelId: string) => void}} [options]
 * @returns {{select: (panelId: string) => void}}
 */
export function makeTabs(list, { onSelect = () => {} } = {}) {
  const tabs = [...list.querySelectorAll("[role=tab]")];
  const panelOf = (tab) => tab.getAttribute("aria-controls");

  function select(panelId) {
    for (const tab of tabs) {
      const isChosen = panelOf(tab) === panelId;
      tab.setAttribute("aria-selected", String(isChosen));
      tab.tabIndex = isChosen ? 0 : -1;
      document.getElementById(panelOf(tab)).hidden = !isChosen;
    }
    onSelect(panelId);
  }

  list.addEventListener("click", (event) => {
    const tab = event.target.closest("[role=tab]");
    if (tab) select(panelOf(tab));
  });
  list.addEventListener("keydown", (event) => {
    const at = tabs.indexOf(event.target);
    const next = {
      ArrowRight: (at + 1) % tabs.length,
      ArrowLeft: (at + tabs.length - 1) % tabs.length,
      Home: 0,
      End: tabs.length - 1,
    }[event.key];
    if (next === undefined) return;
    event.preventDefault();
    select(panelOf(tabs[next]));
    tabs[next].focus();
  });
  return { select };
}
