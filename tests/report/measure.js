// Texts that are cut off, that stick out of the window, or that lie on each other.
const found = { wide: [], cut: [], over: [], texts: 0, width: innerWidth, scripts: 0 };
const name = (it) => `${it.tagName}.${it.getAttribute("class") || ""} "${(it.textContent || "").trim().slice(0, 40)}"`;
const root = document.documentElement;
if (root.scrollWidth > innerWidth) found.wide.push(`the page: ${root.scrollWidth} > ${innerWidth}`);
const hidden = (it) => {
  for (let at = it; at && at !== document.body; at = at.parentElement) {
    const style = getComputedStyle(at);
    if (style.display === "none" || style.visibility === "hidden" || style.clipPath === "inset(50%)") return true;
    if (at.classList.contains("skip") || at.tagName === "title" || at.tagName === "desc") return true;
  }
  return false;
};
const texts = [];
const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
while (walker.nextNode()) {
  const node = walker.currentNode, owner = node.parentElement;
  if (!node.data.trim() || ["SCRIPT", "STYLE"].includes(owner.tagName) || hidden(owner)) continue;
  const range = document.createRange();
  range.selectNodeContents(node);
  for (const box of range.getClientRects()) {
    if (box.width < 1 || box.height < 1) continue;
    texts.push({ owner, box });
    if (box.left < -1 || box.right > innerWidth + 1) found.wide.push(`${name(owner)} ${box.left}..${box.right}`);
    const frame = owner.closest("svg");
    if (frame) {
      const edge = frame.getBoundingClientRect();
      if (box.left < edge.left - 1 || box.right > edge.right + 1 || box.top < edge.top - 2 || box.bottom > edge.bottom + 2)
        found.cut.push(`${name(owner)} in its image`);
    }
  }
}
for (const it of document.querySelectorAll("body *:not(svg):not(svg *)")) {
  if (hidden(it) || it.tagName === "SCRIPT") continue;
  if (it.scrollWidth > it.clientWidth + 1 && it.clientWidth > 0) found.cut.push(`${name(it)} ${it.scrollWidth} > ${it.clientWidth}`);
}
texts.sort((one, other) => one.box.top - other.box.top);
for (let i = 0; i < texts.length; i++) {
  for (let j = i + 1; j < texts.length && texts[j].box.top < texts[i].box.bottom - 2; j++) {
    const [a, b] = [texts[i].box, texts[j].box];
    const across = Math.min(a.right, b.right) - Math.max(a.left, b.left);
    const down = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
    if (across > 2 && down > 3) found.over.push(`${name(texts[i].owner)} and ${name(texts[j].owner)}`);
  }
}
found.texts = texts.length;
found.height = Math.ceil(root.scrollHeight);
found.background = getComputedStyle(document.body).backgroundColor;
found.scripts = document.scripts.length - 1;
parent.postMessage(JSON.stringify(found), "*");
