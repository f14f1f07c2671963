/** What came in one go: a model with files that hold its weights, and a picture. */
export interface SortedFiles {
  readonly model?: File;
  readonly picture?: File;
  readonly beside: readonly File[];
}

/**
 * Which file is what. One that nothing is known of counts as a picture, unless it came with a model, whose weights it may
 * hold: what it is not, the decoder says best.
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
