// What is wrong with the slide on show, as a list of [check, detail]. Runs at 1280 × 720, scale 1.
() => {
  const faults = [];
  const slide = Reveal.getCurrentSlide();
  if (slide.querySelector(".fragment:not(.visible)")) throw new Error("show all fragments first");
  const show = (text) => text.trim().replace(/\s+/g, " ").slice(0, 60);
  const inside = (inner, outer, slack) =>
    inner.left >= outer.left - slack && inner.right <= outer.right + slack &&
    inner.top >= outer.top - slack && inner.bottom <= outer.bottom + slack;

  const textNodes = (root) => {
    const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
    const found = [];
    while (walker.nextNode()) {
      const node = walker.currentNode;
      if (node.data.trim() && !node.parentElement.closest("style, script, svg")) found.push(node);
    }
    return found;
  };
  const isDrawn = (node) => node.parentElement.checkVisibility({ checkVisibilityCSS: true });

  // Fits: every line of text, picture, formula and table lies inside its cell, every cell inside
  // the body, body and title inside the frame, the frame on the screen. One pixel is for rounding.
  const frame = slide.querySelector(".frame").getBoundingClientRect();
  const screen = { left: 0, top: 0, right: innerWidth, bottom: innerHeight };
  const body = slide.querySelector(".body");
  if (!inside(frame, screen, 1)) faults.push(["fit", "the frame leaves the screen"]);
  for (const part of slide.querySelectorAll(".title, .body")) {
    if (!inside(part.getBoundingClientRect(), frame, 1)) faults.push(["fit", `.${part.className}`]);
  }
  for (const cell of slide.querySelectorAll(".cell")) {
    const box = cell.getBoundingClientRect();
    const pieces = [[show(cell.textContent) || "a picture", box, body.getBoundingClientRect()]];
    for (const node of textNodes(cell).filter(isDrawn)) {
      const range = document.createRange();
      range.selectNodeContents(node);
      const half = parseFloat(getComputedStyle(node.parentElement).fontSize) / 2;
      for (const line of range.getClientRects()) {
        // The letters fill about one em in the middle of the line; the rest is the font's air.
        const middle = (line.top + line.bottom) / 2;
        const { left, right } = line;
        pieces.push([show(node.data), { left, right, top: middle - half, bottom: middle + half }, box]);
      }
    }
    for (const thing of cell.querySelectorAll("img, iframe, table, pre, svg")) {
      if (thing.parentElement.closest("svg")) continue;
      pieces.push([thing.tagName.toLowerCase(), thing.getBoundingClientRect(), box]);
      if (thing.scrollWidth > thing.clientWidth + 1 && thing.clientWidth > 0) {
        faults.push(["fit", `${thing.tagName.toLowerCase()} hides part of itself`]);
      }
    }
    const bad = pieces.find(([, inner, outer]) => !inside(inner, outer, 1));
    if (bad) faults.push(["fit", bad[0]]);
  }

  // Type: 18 px at least, also in formulas (their unit is 1/1000 em), scripts of scripts included,
  // and in figures, where 13 pt at the 100 px per inch that the picture asks for are 18 px.
  const drawn = [...textNodes(slide), ...textNodes(document.querySelector(".slide-number"))];
  for (const node of drawn.filter(isDrawn)) {
    const size = parseFloat(getComputedStyle(node.parentElement).fontSize) * Reveal.getScale();
    if (size < 18) faults.push(["font", `${size} px: ${show(node.data)}`]);
  }
  for (const formula of slide.querySelectorAll(".frame mjx-container")) {
    if (formula.closest("aside")) continue;
    const sizes = [...formula.querySelectorAll("use, path")]
      .filter((glyph) => !glyph.closest("defs"))
      .map((glyph) => glyph.getScreenCTM())
      .map((m) => 1000 * Math.sqrt(Math.abs(m.a * m.d - m.b * m.c)));
    const smallest = Math.min(...sizes);
    if (!(smallest >= 18)) {
      const name = formula.querySelector("svg").getAttribute("aria-label");
      faults.push(["font", `${smallest.toFixed(1)} px in the formula ${name}`]);
    }
  }
  for (const image of slide.querySelectorAll("figure img[width]")) {
    const { width, height } = image.getBoundingClientRect();
    const { naturalWidth, naturalHeight } = image;
    const across = naturalWidth * Math.min(width / naturalWidth, height / naturalHeight);
    const share = across / Number(image.getAttribute("width"));
    if (share < 0.997) faults.push(["font", `a figure is drawn at ${share.toFixed(2)} of its size`]);
  }

  // Pictures: loaded, and with words for those who don't see them.
  for (const picture of slide.querySelectorAll("img, iframe, figure, svg")) {
    if (picture.parentElement.closest("svg, mjx-container")) continue;
    const kind = picture.tagName.toLowerCase();
    const words = { img: "alt", iframe: "title", svg: "aria-label" }[kind];
    const said = picture.getAttribute(words)?.trim() ?? "";
    // nbconvert writes "No description has been provided for this image" where there is none.
    if (words && (!said || said.startsWith("No description"))) faults.push(["alt", `${kind} without ${words}`]);
    if (kind === "figure" && !picture.querySelector("img, iframe, svg, table")) faults.push(["alt", "empty figure"]);
    if (kind === "img" && !picture.naturalWidth) faults.push(["picture", "an image did not load"]);
  }

  // Formulas: none left as TeX, none with an error or an unknown macro (MathJax paints those red).
  for (const node of textNodes(slide)) {
    const isCode = node.parentElement.closest("pre, code");
    if (!isCode && /\$|\\[([]|\\begin\{/.test(node.data)) faults.push(["formula", show(node.data)]);
  }
  for (const wrong of slide.querySelectorAll("[data-mml-node=merror], mjx-container [fill=red]")) {
    faults.push(["formula", wrong.closest("svg").getAttribute("aria-label")]);
  }

  // Contrast: WCAG's relative luminance of the text against the first opaque colours behind it.
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = 1;
  const pen = canvas.getContext("2d", { willReadFrequently: true });
  const behind = (element) => {
    const layers = [];
    for (let e = element; e; e = e.parentElement) layers.unshift(getComputedStyle(e).backgroundColor);
    return ["white", ...layers];
  };
  const luminance = (layers) => {
    for (const layer of layers) {
      pen.fillStyle = layer;
      pen.fillRect(0, 0, 1, 1);
    }
    const [r, g, b] = [...pen.getImageData(0, 0, 1, 1).data].map((c) =>
      c / 255 <= 0.04045 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const texts = drawn.filter(isDrawn).map((node) => [node.parentElement, show(node.data)]);
  const formulas = [...slide.querySelectorAll(".frame mjx-container")]
    .filter((formula) => !formula.closest("aside"))
    .map((formula) => [formula, "a formula"]);
  for (const [element, words] of [...texts, ...formulas]) {
    const layers = behind(element);
    const light = luminance(layers);
    const ink = luminance([...layers, getComputedStyle(element).color]);
    const ratio = (Math.max(light, ink) + 0.05) / (Math.min(light, ink) + 0.05);
    if (ratio < 4.5) faults.push(["contrast", `${ratio.toFixed(2)}: ${words}`]);
  }

  // Notes: what the instructor says.
  const notes = [...slide.querySelectorAll("aside.notes")].map((aside) => aside.textContent).join("");
  if (!notes.trim()) faults.push(["notes", "none"]);
  return faults;
}
