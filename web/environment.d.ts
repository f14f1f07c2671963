/** Constants defined by the build. */
declare const FULLGRAD_VERSION: string;
/** False in the development server, which has no service worker. */
declare const IS_BUILT: boolean;
