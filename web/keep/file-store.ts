// The user's own files, in the browser's IndexedDB, so that they survive a reload. A browser that refuses to store (a
// private window, a full disk) leaves the page as it is without.

/** The user's files, as chosen last. */
export interface KeptFiles {
  readonly model?: { readonly file: File; readonly beside: readonly File[] };
  readonly pictures: readonly File[];
  /** Name of the chosen picture. */
  readonly picture?: string;
}

const database = "fullgrad";
const store = "files";
const key = "kept";

export async function keepFiles(files: KeptFiles): Promise<void> {
  await withStore("readwrite", (kept) => kept.put(files, key));
}

export async function keptFiles(): Promise<KeptFiles> {
  const found = await withStore<unknown>("readonly", (files) => files.get(key));
  return (found as KeptFiles | undefined) ?? { pictures: [] };
}

/** Runs one request; undefined where the browser refuses. */
async function withStore<T>(
  mode: IDBTransactionMode,
  ask: (files: IDBObjectStore) => IDBRequest<T>,
): Promise<T | undefined> {
  try {
    const opening = indexedDB.open(database, 1);
    opening.addEventListener("upgradeneeded", () => {
      opening.result.createObjectStore(store);
    });
    const opened = await settled(opening);
    try {
      return await settled(ask(opened.transaction(store, mode).objectStore(store)));
    } finally {
      opened.close();
    }
  } catch {
    return undefined;
  }
}

function settled<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.addEventListener("success", () => {
      resolve(request.result);
    });
    request.addEventListener("error", () => {
      reject(request.error ?? new Error("the browser stores nothing"));
    });
  });
}
