/** What the browser keeps. Where it keeps nothing (private windows, blocked storage) the page works without. */

function store(kind) {
  return {
    read(key) {
      try {
        return JSON.parse(window[kind].getItem(`socialfeed.${key}`) ?? "null");
      } catch {
        return null;
      }
    },
    write(key, value) {
      try {
        if (value === null) window[kind].removeItem(`socialfeed.${key}`);
        else window[kind].setItem(`socialfeed.${key}`, JSON.stringify(value));
      } catch {
        // Full or forbidden: the value lives as long as the page.
      }
    },
  };
}

/** Until the tab closes. */
export const tabStore = store("sessionStorage");

/** Until it is cleared. Nothing secret goes here. */
export const browserStore = store("localStorage");
