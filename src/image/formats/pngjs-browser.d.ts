// The single-file browser build of pngjs 7, which has no type declarations.
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
