/** What the build puts in. */
declare const FULLGRAD_VERSION: string;

interface ImportMeta {
  readonly env: { readonly PROD: boolean };
}
