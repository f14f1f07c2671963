/** Files chosen together: a model with its weight files, and pictures. */
export interface SortedFiles {
  readonly model?: File;
  readonly pictures: readonly File[];
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
  const pictures = others.filter(({ type }) => type.startsWith("image/"));
  const unknown = others.filter((file) => !pictures.includes(file));
  const areWeights = model !== undefined || isAwaited || pictures.length > 0;
  return {
    ...(model ? { model } : {}),
    pictures: areWeights ? pictures : unknown,
    beside: areWeights ? unknown : [],
  };
}
