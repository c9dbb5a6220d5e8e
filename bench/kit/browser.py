"""A real browser for benchmarks, and the scripts that watch a page from inside."""

import shutil
from pathlib import Path
from typing import Final

from playwright.async_api import ViewportSize

SIZE: Final[ViewportSize] = {"width": 1920, "height": 1080}

FRAMES: Final = """
{
  // Made beforehand, and never more: what watches must not grow.
  const intervals = new Float32Array(60_000);
  let count = 0, before = 0, isWatching = false, longest = 0, long = 0;
  const step = (now) => {
    if (isWatching && before && count < intervals.length) intervals[count++] = now - before;
    before = isWatching ? now : 0;
    requestAnimationFrame(step);
  };
  requestAnimationFrame(step);
  let since = 0, until = Infinity;
  new PerformanceObserver((list) => {
    for (const { startTime, duration } of list.getEntries()) {
      if (startTime < since || startTime > until) continue;
      longest = Math.max(longest, duration);
      long++;
    }
  }).observe({ type: "longtask" });
  let isFirst = true;
  Object.assign(window, {
    watch() {
      if (isFirst) longest = long = 0;
      isFirst = false;
      [since, until, before, isWatching] = [performance.now(), Infinity, 0, true];
    },
    rest() { [until, isWatching] = [performance.now(), false]; },
    watched: () => ({ intervals: [...intervals.subarray(0, count)], longest, long }),
  });
  Object.defineProperty(window, "longest", { get: () => longest });
}
"""
"""`watch()` begins to count, `rest()` stops; `watched()` is what was found, `longest` the longest task so far."""

FIRST_PAINT: Final = """
new MutationObserver((_changes, observer) => {
  if (document.getElementById("hp-percent")?.textContent !== "61.8%") return;
  if (getComputedStyle(document.getElementById("plate")).visibility !== "visible") return;
  observer.disconnect();
  requestAnimationFrame(() => setTimeout(() => { window.painted = performance.now(); }));
}).observe(document, { childList: true, subtree: true, characterData: true, attributes: true });
"""

DRAIN: Final = """
window.samples = [];
const part = (id) => new DOMMatrix(getComputedStyle(document.getElementById(id)).transform).a;
const sample = () => {
  if (document.body?.dataset.scene === "raid") samples.push([performance.now(), part("fill"), part("ghost")]);
  requestAnimationFrame(sample);
};
requestAnimationFrame(sample);
"""

BASELINE: Final = """<!doctype html>
<style>
  html { background: transparent; }
  i { position: absolute; width: 40px; height: 40px; background: #c2123f; animation: move 2s infinite alternate; }
  @keyframes move { to { transform: translateX(1200px); } }
</style>
<i></i>
"""


def chromium_path() -> Path | None:
    """The system's Chromium; None: playwright's own."""
    found = shutil.which("chromium") or shutil.which("chromium-headless-shell")
    return Path(found) if found else None
