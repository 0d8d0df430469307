// @ts-check
// The frame's one inline script (router/capsule/README.md): its hash stands in serve.py and in
// router/offline/generations.js, so a change here is one there; a test says so.
onmessage = async ({ data, source }) => {
  if (source !== parent || data.type !== 'capsule:begin') return;
  onmessage = null;
  const add = (/** @type {string} */ name, /** @type {object} */ fields) => new Promise((onload, onerror) => {
    document.head.append(Object.assign(document.createElement(name), fields, { onload, onerror }));
  });
  for (const style of data.styles) await add('link', { rel: 'stylesheet', href: URL.createObjectURL(style) });
  const loader = new Blob([data.loader], { type: 'text/javascript' });
  for (const script of [loader, ...data.scripts])
    await add('script', { src: URL.createObjectURL(script), async: false });
  keriwasmCapsule.begin(data);
};
parent.postMessage({ type: 'capsule:there' }, '*');
