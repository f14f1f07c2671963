/** What the files of a sample begin with: "cat", or "cats-2" of a .npy file with several. */
export function sampleName(name: string, index: number | undefined): string {
  return index === undefined ? name : `${name}-${index}`;
}

/** "cat", or "cat.top2" where five classes are explained, "cat.detection2" where detections are. */
export function rankedName(name: string, rank: number | undefined, word = "top"): string {
  return rank === undefined ? name : `${name}.${word}${rank}`;
}
