// The body of a function: every shown text whose contrast with what lies behind it is below 4.5 (WCAG 2.2, 1.4.3).
const parts = (colour) => {
  const [red, green, blue, alpha = 1] = colour.match(/[\d.]+/g).map(Number);
  return colour.startsWith("color(srgb") ? [red * 255, green * 255, blue * 255, alpha] : [red, green, blue, alpha];
};
const over = ([r, g, b, a], below) => [r, g, b].map((value, at) => value * a + below[at] * (1 - a));
const behind = (element) => {
  if (!element) return [255, 255, 255];
  const colour = parts(getComputedStyle(element).backgroundColor);
  return colour[3] === 1 ? colour.slice(0, 3) : over(colour, behind(element.parentElement));
};
const luminance = (colour) => {
  const [r, g, b] = colour.map((value) => value / 255).map((value) =>
    value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const poor = [];
const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
while (walker.nextNode()) {
  const { parentElement: element, textContent } = walker.currentNode;
  if (!textContent.trim() || !element.checkVisibility() || element.closest(".unseen, textarea, :disabled")) continue;
  const background = behind(element);
  const [one, other] = [luminance(over(parts(getComputedStyle(element).color), background)), luminance(background)];
  const contrast = (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
  if (contrast < 4.5) poor.push(`${contrast.toFixed(2)} ${element.className || element.tagName}: ${textContent.trim().slice(0, 40)}`);
}
return [...new Set(poor)];
