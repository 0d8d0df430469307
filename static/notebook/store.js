// @ts-check
/** The notebooks that this browser keeps, a record each in a database of their own. */

const NAME = 'keriwasm-notebooks';

/** @typedef {{ id: string, title: string, changed: number, text: string }} Kept `text`: its file, nbformat 4 */

/** @returns {Promise<IDBDatabase>} */
function open() {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(NAME, 1);
    request.onupgradeneeded = () => { request.result.createObjectStore('notebooks', { keyPath: 'id' }); };
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

/**
 * @template T @param {IDBTransactionMode} mode @param {(store: IDBObjectStore) => IDBRequest<T>} ask
 * @returns {Promise<T>} once it is on the disk
 */
async function within(mode, ask) {
  const database = await open();
  try {
    return await new Promise((resolve, reject) => {
      const transaction = database.transaction('notebooks', mode);
      const request = ask(transaction.objectStore('notebooks'));
      transaction.oncomplete = () => resolve(request.result);
      transaction.onabort = transaction.onerror = () => reject(transaction.error ?? request.error);
    });
  } finally {
    database.close();
  }
}

/** All, the latest first. @returns {Promise<Kept[]>} */
export const list = async () =>
  (await within('readonly', store => store.getAll())).sort((a, b) => b.changed - a.changed);
/** @param {string} id @returns {Promise<Kept | undefined>} */
export const get = id => within('readonly', store => store.get(id));
/** @param {Kept} kept */
export const put = kept => within('readwrite', store => store.put(kept));
/** @param {string} id */
export const remove = id => within('readwrite', store => store.delete(id));
