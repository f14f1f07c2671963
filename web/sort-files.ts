/** Files chosen together: a model with its weight files, and a picture. */
export interface SortedFiles {
  readonly model?: File;
  readonly picture?: File;
  readonly beside: readonly File[];
}

/**
 * Sorts files by kind. An unrecognised file counts as a picture, or as weights if a model came with it or waits for
 * them; the decoder reports errors.
 *
 * @param isAwaited whether a model waits for its weights
 */
export function sortFiles(files: readonly File[], isAwaited = false): SortedFiles {
  const model = files.find(({ name }) => /\.onnx$/i.test(name));
  const others = files.filter((file) => file !== model);
  const picture = others.find(({ type }) => type.startsWith("image/"));
  const chosen = picture ?? (model || isAwaited ? undefined : others[0]);
  return {
    ...(model ? { model } : {}),
    ...(chosen ? { picture: chosen } : {}),
    beside: others.filter((file) => file !== chosen),
  };
}
