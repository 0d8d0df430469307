// @ts-check
/** Wheels that are dropped on the cells, or handed in by the page outside, go the way of one that is chosen. */

/** @param {File} file */
function bring(file) {
  const input = /** @type {HTMLInputElement | null} */ (document.querySelector('#packages-file'));
  if (!input) return;
  const files = new DataTransfer();
  files.items.add(file);
  input.files = files.files;
  input.closest('details')?.setAttribute('open', '');
  htmx.trigger(/** @type {HTMLFormElement} */ (input.form), 'bring');
}

const wheels = (/** @type {DataTransfer | null} */ data) =>
  [...data?.files ?? []].filter(({ name }) => name.endsWith('.whl'));
document.addEventListener('dragover', event => {
  if (event.dataTransfer?.types.includes('Files')) event.preventDefault();  // else the browser leaves for the file
});
document.addEventListener('drop', event => {
  if (!event.dataTransfer?.types.includes('Files')) return;
  event.preventDefault();
  const [wheel] = wheels(event.dataTransfer);
  if (wheel) bring(wheel);
});
addEventListener('message', ({ source, data }) => {
  if (source === parent && data?.type === 'notebook:package') bring(new File([data.bytes], data.name));
});
