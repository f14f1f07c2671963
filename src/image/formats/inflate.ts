/** Compressed bytes handed to the decompressor at a time: it may make a thousand times as many of them at once. */
const portion = 1 << 14;

/** A deflated bit stream never grows by more (https://zlib.net/zlib_tech.html). */
export const greatestInflation = 1032;

/** A zlib stream, read piece by piece: what is not asked for is not inflated. The same in Node and in browsers. */
export class InflatedStream {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  #chunk = new Uint8Array();

  /** @param parts the stream, which may be cut anywhere */
  constructor(parts: readonly Uint8Array[]) {
    const portions = portionsOf(parts);
    const compressed = new ReadableStream<Uint8Array>({
      pull(controller) {
        const { value, done } = portions.next();
        if (done) controller.close();
        else controller.enqueue(value);
      },
    });
    // The types of Node and of browsers differ in what may be written.
    const inflate: { readable: ReadableStream<Uint8Array>; writable: WritableStream } =
      new DecompressionStream("deflate");
    this.#reader = compressed.pipeThrough(inflate).getReader();
  }

  /** Fills `into` with the next bytes, if so many are inflated already. */
  take(into: Uint8Array): boolean {
    if (this.#chunk.length < into.length) return false;
    into.set(this.#chunk.subarray(0, into.length));
    this.#chunk = this.#chunk.subarray(into.length);
    return true;
  }

  /**
   * Fills `into` with the next bytes.
   *
   * @returns how many there were: fewer than asked for where the stream ends, or is damaged
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

  /** Leaves the rest. */
  close(): void {
    // What comes after the last byte that was asked for may be damaged: that is no one's concern.
    this.#reader.cancel().catch(() => undefined);
  }
}

function* portionsOf(parts: readonly Uint8Array[]): Generator<Uint8Array, undefined> {
  for (const part of parts) {
    for (let at = 0; at < part.length; at += portion) yield part.slice(at, at + portion);
  }
}
