// @ts-check
// Scanning a QR code into a field: by camera, or from a picture that was chosen, dropped or pasted. Fetched with a
// page that has [data-scan] in it (templates/macros/scan.html), where all the words stand too; the reader and its
// worker come when somebody scans. The camera runs from a press of the button until a code is found, the stop button
// or Escape, two minutes, or whatever hides or replaces the page.
//
// It is JavaScript because all that it handles is: a camera's stream, its frames, a worker that takes them over.

const READ_MS = 20_000;  // of one picture, with the reader's own start
const CAMERA_MS = 120_000;
const BETWEEN_MS = 120;
const SIDE = 1280;

/** @typedef {import('../../workers/scanner/scanner.js').Told} Told */

/** The worker that reads; made for a scan, and ended with it. */
class Reader {
  constructor() {
    this.worker = new Worker(new URL('../../workers/scanner/scanner.js', import.meta.url), { type: 'module' });
    this.number = 0;
  }

  /** @param {Blob | ImageBitmap} picture @returns {Promise<Told>} */
  async ask(picture) {
    const id = this.number += 1;
    const nothing = { id, texts: [] };
    let timer = 0;
    try {
      return await new Promise(resolve => {
        timer = window.setTimeout(() => resolve({ ...nothing, problem: 'late', detail: '' }), READ_MS);
        this.worker.onmessage = ({ data }) => { if (data.id === id) resolve(data); };
        this.worker.onerror = event => {
          event.preventDefault();
          resolve({ ...nothing, problem: 'reader', detail: event.message ?? '' });
        };
        this.worker.postMessage({ id, picture }, picture instanceof ImageBitmap ? [picture] : []);
      });
    } finally {
      clearTimeout(timer);
    }
  }

  end() { this.worker.terminate(); }
}

/** @param {Element} box @param {string} selector @returns {any} an element of the box */
const part = (box, selector) => box.querySelector(selector);

/** Shows one of the words that the page brought. @param {Element} box @param {string} word @param {string} [detail] */
function say(box, word, detail = '') {
  const said = part(box, '[data-scan-said]');
  const words = part(box, `[data-scan-words] [data-word="${word}"]`);
  said.textContent = [words?.textContent ?? word, detail].filter(Boolean).join(' ');
  said.classList.toggle('field-error', words?.dataset.tone === 'bad');
}

/**
 * Puts the first code that may be meant into the field. @param {HTMLElement} box @param {string[]} texts
 * @returns {boolean} whether one was
 */
function take(box, texts) {
  const like = new RegExp(box.dataset.like ?? '');
  const found = texts.find(text => text.length <= 2000 && like.test(text));
  if (found === undefined) {
    if (texts.length) say(box, 'other', `“${texts[0].slice(0, 120)}${texts[0].length > 120 ? '…' : ''}”`);
    return false;
  }
  const field = /** @type {HTMLInputElement} */ (document.querySelector(box.dataset.scan ?? ''));
  field.value = found;
  field.dispatchEvent(new Event('input', { bubbles: true }));
  say(box, 'found');
  /** @type {HTMLElement | null | undefined} */ (field.form?.querySelector('[type=submit]'))?.focus();
  return true;
}

/** Of an error of getUserMedia, the word. @param {any} error */
const why = error => ({
  NotAllowedError: 'refused', SecurityError: 'refused', NotFoundError: 'none', OverconstrainedError: 'none',
  NotReadableError: 'busy', AbortError: 'busy',
})[/** @type {string} */ (error?.name)] ?? 'none';

/** Whether the page may ask for a camera at all: its server says so. Browsers that do not tell count as yes. */
function mayAsk() {
  const { featurePolicy } = /** @type {any} */ (document);
  return featurePolicy?.allowsFeature?.('camera') ?? true;
}

/** The camera that runs, or is being asked for; never two. @type {Camera | null} */
let camera = null;

class Camera {
  /** @param {HTMLElement} box */
  constructor(box) {
    this.box = box;
    this.video = /** @type {HTMLVideoElement} */ (part(box, 'video'));
    /** @type {MediaStream | null} */
    this.stream = null;
    /** @type {Reader | null} */
    this.reader = null;
  }

  get runs() { return camera === this; }

  async start() {
    const { mediaDevices } = navigator;
    if (!mayAsk()) return this.stop('policy');
    if (!mediaDevices?.getUserMedia) return this.stop('none');
    this.show(true);
    say(this.box, 'asking');
    try {
      const video = { facingMode: 'environment', width: { ideal: 1280 }, height: { ideal: 720 } };
      this.stream = await mediaDevices.getUserMedia({ audio: false, video });
    } catch (error) {
      return this.runs && this.stop(why(error));
    }
    if (!this.runs) return this.release();  // stopped while the person was asked
    for (const track of this.stream.getTracks()) track.onended = () => this.runs && this.stop('busy');
    this.video.srcObject = this.stream;
    this.video.hidden = false;
    this.reader = new Reader();
    say(this.box, 'looking');
    await this.video.play().catch(() => {});  // swapped away meanwhile; a video that stands still is told by its frames
    return this.look();
  }

  async look() {
    const end = performance.now() + CAMERA_MS;
    while (this.runs) {
      await new Promise(resolve => { setTimeout(resolve, BETWEEN_MS); });
      if (!this.runs) return;
      if (performance.now() > end) return this.stop('nothing');
      if (this.video.readyState < HTMLMediaElement.HAVE_CURRENT_DATA || !this.reader) continue;
      const by = Math.min(1, SIDE / Math.max(this.video.videoWidth, this.video.videoHeight));
      const frame = await createImageBitmap(this.video, {
        resizeWidth: Math.round(this.video.videoWidth * by), resizeHeight: Math.round(this.video.videoHeight * by),
      });
      const { texts, problem, detail } = await this.reader.ask(frame);
      if (!this.runs) return;
      if (problem) return this.stop(problem, detail);
      if (take(this.box, texts)) return this.stop();
    }
  }

  /** @param {string} [word] said in place of what stands there @param {string} [detail] */
  stop(word, detail) {
    if (this.runs) camera = null;
    this.release();
    if (word) say(this.box, word, detail);
    const held = document.activeElement === part(this.box, '[data-scan-stop]');
    this.show(false);
    if (held) part(this.box, '[data-scan-start]').focus();
  }

  release() {
    for (const track of this.stream?.getTracks() ?? []) { track.onended = null; track.stop(); }
    this.stream = null;
    this.video.srcObject = null;
    this.video.hidden = true;
    this.reader?.end();
    this.reader = null;
  }

  /** @param {boolean} running */
  show(running) {
    const [start, stop] = ['[data-scan-start]', '[data-scan-stop]'].map(each => part(this.box, each));
    stop.hidden = !running;
    if (running) stop.focus();
    start.hidden = running;
  }
}

/** @param {HTMLElement} box @param {HTMLInputElement} input */
async function file(box, input) {
  const chosen = input.files?.[0];
  if (!chosen) return;
  camera?.stop();
  say(box, 'reading');
  const reader = new Reader();
  const { texts, problem, detail } = await reader.ask(chosen);
  reader.end();
  if (!box.isConnected || input.files?.[0] !== chosen) return;  // another page, or another picture by now
  if (problem) say(box, problem, detail);
  else if (!texts.length) say(box, 'empty');
  else take(box, texts);
}

document.addEventListener('click', ({ target }) => {
  const button = target instanceof Element && target.closest('[data-scan-start], [data-scan-stop]');
  if (!button) return;
  const running = camera;
  camera = null;
  running?.stop(button.hasAttribute('data-scan-stop') ? 'stopped' : undefined);
  if (button.hasAttribute('data-scan-stop')) return;
  camera = new Camera(/** @type {HTMLElement} */ (button.closest('[data-scan]')));
  void camera.start();
});
document.addEventListener('change', ({ target }) => {
  const box = target instanceof HTMLInputElement && target.type === 'file' && target.closest('[data-scan]');
  if (box) void file(/** @type {HTMLElement} */ (box), target);
});
document.addEventListener('keydown', ({ key }) => { if (key === 'Escape') camera?.stop('stopped'); });
document.addEventListener('keriwasm:swapped', () => { if (camera && !camera.box.isConnected) camera.stop(); });
document.addEventListener('visibilitychange', () => { if (document.hidden) camera?.stop('stopped'); });
addEventListener('pagehide', () => camera?.stop());
