// @ts-check
// What may become markup, or be run, in this document: Trusted Types, where the browser has them (the policy
// is switched on by the meta tag of index.html, workers have none). Every string that htmx or anybody else wants to
// parse passes here, once more by the browser's own parser, and is refused if it holds what could run, load or lead
// elsewhere. Our templates escape whatever they show: this is the wall behind them. What it does not catch: a
// harmless-looking form or link that was injected; text that a script sets as text. First in the head: the scripts that
// follow start workers, which needs it.
(() => {
  const types = globalThis.trustedTypes;
  if (!types) return;
  const base = new URL('.', document.baseURI);
  const ROOMS =
    /^(@[0-9a-f]{16}\/)?((router|workers|python|static|__dev__)\/|(service-worker\.js|manifest\.webmanifest)$|$)/;
  const inert = types.createPolicy('keriwasm-inert', { createHTML: (/** @type {string} */ text) => text });

  /** Whether an address is a file of this app. @param {string} address */
  const ours = address => {
    let url = base;
    try { url = new URL(address, base); } catch { return false; }
    return url.origin === base.origin && url.pathname.startsWith(base.pathname)
      && ROOMS.test(url.pathname.slice(base.pathname.length));
  };

  /** Why an element may not come in by markup, or ''. @param {Element} element */
  function against(element) {
    const name = element.localName;
    if (['iframe', 'frame', 'object', 'embed', 'style'].includes(name)) return `<${name}>`;
    if (name === 'meta' && element.hasAttribute('http-equiv')
      && element.getAttribute('http-equiv')?.toLowerCase() !== 'content-security-policy') return '<meta http-equiv>';
    if (name === 'script' && (!element.hasAttribute('src') || element.textContent?.trim()))
      return 'a script in the text';
    if (['script', 'link', 'base'].includes(name)
      && !ours(element.getAttribute('src') ?? element.getAttribute('href') ?? '')) {
      return `<${name}> of another place`;
    }
    // By the prototype: a field of the name "attributes" would otherwise stand before its form's own.
    for (const attribute of Element.prototype.getAttributeNames.call(element)) {
      if (/^(on|hx-on|data-hx-on)/i.test(attribute) || attribute === 'srcdoc') return `the attribute ${attribute}`;
      const value = Element.prototype.getAttribute.call(element, attribute) ?? '';
      if (/^[^a-z]*(j\s*a\s*v\s*a|v\s*b)\s*s\s*c\s*r\s*i\s*p\s*t\s*:/i.test(value))
        return `${attribute}="${value.slice(0, 20)}"`;
    }
    return '';
  }

  /** @param {Document | DocumentFragment} tree @returns {string} */
  function trouble(tree) {
    const all = tree instanceof Document ? Document.prototype.querySelectorAll
      : DocumentFragment.prototype.querySelectorAll;
    for (const element of all.call(tree, '*')) {
      const why = against(element) || (element instanceof HTMLTemplateElement && trouble(element.content));
      if (why) return why;
    }
    return '';
  }

  /** @param {Document} tree */
  function look(tree) {
    const why = trouble(tree);
    if (why) throw new TypeError(`What was to be shown holds ${why}: it was refused.`);
    return tree;
  }

  /** @type {any} */
  const own = Document;
  const parse = own.parseHTMLUnsafe?.bind(own);
  /**
   * What htmx parses with. What is looked at is the very tree that it gets, and nothing is parsed twice.
   * @param {unknown} html @param {...object} options
   */
  const parsed = (html, ...options) => {
    const text = String(html);
    // No look goes into a closed shadow: such a text passes the policy below, which has it parsed without any.
    return /shadowroot/i.test(text) ? parse(text, ...options) : look(parse(inert.createHTML(text), ...options));
  };
  if (parse) own.parseHTMLUnsafe = parsed;

  types.createPolicy('default', {
    createHTML(/** @type {string} */ text) {
      look(new DOMParser().parseFromString(inert.createHTML(text), 'text/html'));
      return text;
    },
    createScript: (/** @type {string} */ text) => text === '' ? '' : null,
    createScriptURL: (/** @type {string} */ address) => ours(address) ? address : null,
  });
})();
