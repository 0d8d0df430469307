// @ts-check
/**
 * Makes a memory snapshot in a worker that was started for nothing else. What is imported into it says pyscript.toml.
 */
import { SITE, library, packedModules, unpackWheel, view, writeFiles, writePostponed } from './files.js';
import { call, load } from './interpreter.js';

/**
 * @param {import('../router/protocol.js').WorkerInit} init @param {import('./interpreter.js').Progress} progress
 * @returns {Promise<Uint8Array<ArrayBuffer>>}
 */
export async function makeSnapshot(init, progress) {
  progress('start', 0, 'Python');
  const python = await load(init, { _makeSnapshot: true }, init.module, library(init).slice().buffer);
  writeFiles(python, init);
  for (const [at, wheel] of init.packages.entries()) {
    progress('install', at + 1, wheel.name);
    unpackWheel(python, init, wheel);
    call(python, 'keriwasm.snapshot.snapshot', 'note', wheel.name, SITE);
  }
  writePostponed(python, init, init.postponedBytes);
  progress('import', init.packages.length + 1, 'everything');
  const what = { ...init.config.snapshot, slices: init.config.slices, packed: packedModules(init) };
  call(python, 'keriwasm.snapshot.snapshot', 'prepare', JSON.stringify(what));
  const native = Object.keys(python._module.LDSO.loadedLibsByName).filter(name => name !== '__main__');
  if (native.length) throw new Error(`native libraries were loaded before the snapshot: ${native.join(', ')}`);
  return python.makeMemorySnapshot();
}
