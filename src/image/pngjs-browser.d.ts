// pngjs 7 in one file for browsers: it has no types of its own.
declare module "pngjs/browser.js" {
  interface Image {
    width: number;
    height: number;
    data: Uint8Array | Uint16Array;
  }
  class PNG implements Image {
    constructor(options: object);
    width: number;
    height: number;
    data: Uint8Array | Uint16Array;
    parse(bytes: Uint8Array, done: (error: Error | null, png: PNG) => void): void;
    static readonly sync: { write(image: Image, options: object): Uint8Array };
  }
  export default { PNG };
}
