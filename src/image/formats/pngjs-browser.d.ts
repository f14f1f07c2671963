// pngjs 7 in one file for browsers: it has no types of its own.
declare module "pngjs/browser.js" {
  interface Image {
    width: number;
    height: number;
    data: Uint8Array;
  }
  interface Png {
    readonly sync: { write(image: Image, options: object): Uint8Array };
  }
  const pngjs: { readonly PNG: Png };
  export default pngjs;
}
