/** Compressed bytes passed to the decompressor at a time; they may expand a thousandfold. */
const portion = 1 << 14;

/** Maximum expansion of a deflate stream (https://zlib.net/zlib_tech.html). */
export const greatestInflation = 1032;

/** A zlib stream that is inflated on demand, with the same interface in Node and in browsers. */
export class InflatedStream {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  #chunk = new Uint8Array();

  /** @param parts the stream, split at arbitrary points */
  constructor(parts: readonly Uint8Array[]) {
    const portions = portionsOf(parts);
    const compressed = new ReadableStream<Uint8Array>({
      pull(controller) {
        const { value, done } = portions.next();
        if (done) controller.close();
        else controller.enqueue(value);
      },
    });
    // The types of Node and of browsers disagree on what may be written.
    const inflate: { readable: ReadableStream<Uint8Array>; writable: WritableStream } =
      new DecompressionStream("deflate");
    this.#reader = compressed.pipeThrough(inflate).getReader();
  }

  /** Fills `into` with the next bytes if that many are already inflated. @returns whether it did */
  take(into: Uint8Array): boolean {
    if (this.#chunk.length < into.length) return false;
    into.set(this.#chunk.subarray(0, into.length));
    this.#chunk = this.#chunk.subarray(into.length);
    return true;
  }

  /**
   * Fills `into` with the next bytes.
   *
   * @returns the number of bytes read, fewer than requested if the stream ends or is damaged
   */
  async read(into: Uint8Array): Promise<number> {
    let filled = 0;
    while (filled < into.length) {
      if (this.#chunk.length === 0) {
        const next = await this.#reader.read().catch(() => undefined);
        if (next === undefined || next.done) return filled;
        this.#chunk = next.value as Uint8Array<ArrayBuffer>;
      }
      const piece = this.#chunk.subarray(0, into.length - filled);
      into.set(piece, filled);
      filled += piece.length;
      this.#chunk = this.#chunk.subarray(piece.length);
    }
    return filled;
  }

  /** Discards the rest of the stream. */
  close(): void {
    // Errors in the unread rest do not matter.
    this.#reader.cancel().catch(() => undefined);
  }
}

function* portionsOf(parts: readonly Uint8Array[]): Generator<Uint8Array, undefined> {
  for (const part of parts) {
    for (let at = 0; at < part.length; at += portion) yield part.slice(at, at + portion);
  }
}
