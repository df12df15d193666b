// Order matters: formulas first, then pictures and fonts, then reveal.js, which measures the slides
// once when it prepares them for print.
window.MathJax = {
  tex: { inlineMath: [["$", "$"], ["\\(", "\\)"]], processEscapes: true },
  // A local cache keeps each formula whole when the speaker view copies the notes.
  svg: { fontCache: "local" },
  options: { enableMenu: false, menuOptions: { settings: { assistiveMml: false } } },
  startup: {
    pageReady: async () => {
      await MathJax.startup.defaultPageReady();
      // In place of hidden MathML, which would be measured with the text: the TeX, for readers' ears.
      for (const formula of MathJax.startup.document.math) {
        formula.typesetRoot.querySelector("svg")?.setAttribute("aria-label", formula.math);
      }
      const pictures = [...document.images].map((image) => image.decode().catch(() => null));
      // Browsers load a font when it is first seen; slides are measured before that.
      const fonts = [...document.fonts].map((font) => font.load());
      await Promise.all([...fonts, ...pictures]);
      await Reveal.initialize({
        width: 1280,
        height: 720,
        margin: 0,
        center: false, // the theme centres
        hash: true,
        transition: "none",
        backgroundTransition: "none",
        controlsLayout: "edges",
        controlsTutorial: false,
        slideNumber: "c/t",
        pdfMaxPagesPerSlide: 1,
        pdfSeparateFragments: false,
        plugins: [RevealNotes],
      });
    },
  },
};
