/** Files chosen together: a model with its weight files, and a picture. */
export interface SortedFiles {
  readonly model?: File;
  readonly picture?: File;
  readonly beside: readonly File[];
}

/**
 * Sorts files by kind. An unrecognised file counts as a picture, or as weights if a model came with it; the decoder
 * reports errors.
 */
export function sortFiles(files: readonly File[]): SortedFiles {
  const model = files.find(({ name }) => /\.onnx$/i.test(name));
  const others = files.filter((file) => file !== model);
  const picture = others.find(({ type }) => type.startsWith("image/"));
  const chosen = picture ?? (model ? undefined : others[0]);
  return {
    ...(model ? { model } : {}),
    ...(chosen ? { picture: chosen } : {}),
    beside: others.filter((file) => file !== chosen),
  };
}
