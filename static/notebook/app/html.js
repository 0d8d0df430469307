// @ts-check
/**
 * The HTML that cells make. Its scripts do not run, and what it may fetch is governed by the policy, but not all:
 * <link rel=preconnect> and a pointer that goes down on a link open a line to a server, rel=dns-prefetch asks for its
 * name, <meta http-equiv=refresh> and a link that is followed leave the frame and all that runs in it, <base> turns all
 * addresses. So it is tamed while it is still a fragment, which does nothing.
 */
const HEADS = 'link, meta, base';
const LINKS = 'a, area';
const XLINK = 'http://www.w3.org/1999/xlink';

/** @param {ParentNode} part what stands in its shadow trees and templates as well */
function tame(part) {
  for (const element of part.querySelectorAll(HEADS)) element.remove();
  for (const link of part.querySelectorAll(LINKS)) {
    const href = link.getAttribute('href') ?? link.getAttributeNS(XLINK, 'href');
    link.removeAttribute('href');
    link.removeAttributeNS(XLINK, 'href');
    if (href === null) continue;
    link.setAttribute('data-leads', href);
    link.setAttribute('role', 'link');
    link.setAttribute('tabindex', '0');
  }
  for (const element of part.querySelectorAll('*')) {
    if (element.shadowRoot) tame(element.shadowRoot);
    if (element instanceof HTMLTemplateElement) tame(element.content);
  }
}

document.addEventListener('htmx:before:swap', event => {
  for (const { fragment } of /** @type {CustomEvent} */ (event).detail.tasks) if (fragment) tame(fragment);
});

/** @param {Event} event on such a link */
function follow(event) {
  const link = event.composedPath().find(each => each instanceof Element && each.hasAttribute('data-leads'));
  const href = link instanceof Element ? link.getAttribute('data-leads') ?? '' : null;
  if (href === null || event instanceof KeyboardEvent && event.key !== 'Enter') return;
  const within = href.startsWith('#') && document.getElementById(href.slice(1));
  if (within) return within.scrollIntoView();
  const note = /** @type {HTMLElement} */ (document.querySelector('#plain'));
  note.textContent = `A notebook opens no other page. This link leads to ${href.slice(0, 2000)}`;
  note.hidden = false;
  note.scrollIntoView({ block: 'nearest' });
}
for (const kind of ['click', 'keydown']) document.addEventListener(kind, follow);
