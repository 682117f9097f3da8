// What still has to be sent outlives a reload and a flat battery: IndexedDB keeps the bytes until
// the server has them. Where it can't be had (private windows), the queue lives in memory alone.
const NAME = "granary";
const STORE = "queue";

function opened() {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(NAME, 1);
    request.onupgradeneeded = () => request.result.createObjectStore(STORE, { keyPath: "key", autoIncrement: true }).createIndex("tag", "tag");
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

let database = null;

async function run(mode, work) {
  database ??= opened();
  const transaction = (await database).transaction(STORE, mode);
  const request = work(transaction.objectStore(STORE));
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve(request.result);
    transaction.onabort = transaction.onerror = () => reject(transaction.error);
  });
}

// Gives the key under which it is kept, or null.
export async function keep(tag, file) {
  try {
    return await run("readwrite", (store) => store.add({ tag, name: file.name, file, added: Date.now() }));
  } catch {
    return null;
  }
}

export async function forget(key) {
  if (key === null) return;
  try {
    await run("readwrite", (store) => store.delete(key));
  } catch {
    // Sending it once more is harmless.
  }
}

// What is left of a tag from before, oldest first.
export async function kept(tag) {
  try {
    return await run("readonly", (store) => store.index("tag").getAll(tag));
  } catch {
    return [];
  }
}
