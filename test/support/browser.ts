import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium, type Page } from "playwright-core";
import { inject } from "vitest";
import { bundle } from "./bundle.js";
import { serve } from "./serve.js";

const root = join(dirname(fileURLToPath(import.meta.url)), "../..");

/** Flags for graphics hardware, with a slow but correct software fallback. */
export type Graphics = "none" | "webgl" | "webgpu";

const flags: Readonly<Record<Graphics, readonly string[]>> = {
  none: ["--disable-gpu"],
  webgl: ["--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"],
  webgpu: ["--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader"],
};

const quiet = [
  "--no-first-run",
  "--disable-quic",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** A Chromium with a fresh profile. */
export interface Browser {
  /**
   * Opens a page; `errors` collects what it throws and what it writes to the console as errors.
   *
   * @param prepare called before the page is loaded
   */
  open(
    url: string,
    prepare?: (page: Page) => Promise<unknown>,
  ): Promise<{ readonly page: Page; readonly errors: readonly string[] }>;
  close(): Promise<void>;
}

/** The path of Chromium or Chrome: $CHROMIUM, else on the path, else a usual location. */
export function findChromium(): string | undefined {
  const given = process.env["CHROMIUM"];
  if (given !== undefined && given !== "") return given;
  const names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
  const folders = [...(process.env["PATH"] ?? "").split(delimiter), "/usr/bin", "/snap/bin"];
  const apps = [
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe",
  ];
  const positions = [
    ...folders.flatMap((folder) => names.map((name) => join(folder, name))),
    ...apps,
  ];
  return positions.find((place) => existsSync(place));
}

/** Whether tests in a browser can run; prints the reason if not. On CI they always run, and fail without a browser. */
export function canBrowse(): boolean {
  if (findChromium() !== undefined || process.env["CI"] !== undefined) return true;
  process.stderr.write("skipped: no Chromium here; install it, or name it in $CHROMIUM\n");
  return false;
}

export async function startChromium(graphics: Graphics = "none"): Promise<Browser> {
  const executablePath = findChromium();
  if (executablePath === undefined) throw new Error("no Chromium here; name it in $CHROMIUM");
  const browser = await chromium.launch({
    executablePath,
    chromiumSandbox: false,
    args: [...quiet, ...flags[graphics]],
  });
  return {
    async open(url, prepare) {
      const page = await browser.newPage();
      const errors: string[] = [];
      page.on("pageerror", (error) => errors.push(String(error)));
      page.on("console", (message) => {
        if (message.type() === "error") errors.push(message.text());
      });
      await prepare?.(page);
      await page.goto(url);
      return { page, errors };
    },
    close: () => browser.close(),
  };
}

/** A bundled script in a page, with its exports. */
export interface ScriptPage<Script> {
  readonly page: Page;
  /**
   * Calls an exported function in the page. Arguments and result are JSON, and typed arrays.
   *
   * @throws if the function does, or the page has written an error to its console
   */
  call<K extends keyof Script & string>(
    name: K,
    ...args: Script[K] extends (...args: infer A) => unknown ? A : never
  ): Promise<Script[K] extends (...args: never[]) => infer R ? Awaited<R> : never>;
  close(): Promise<void>;
}

export interface ScriptOptions {
  readonly graphics?: Graphics;
  /** Further folders to serve, by their path, beside /fixtures/ and /tfjs-wasm/. */
  readonly folders?: Readonly<Record<string, string>>;
}

/**
 * Bundles a script, opens it in Chromium in a cross-origin isolated page, and returns its exports.
 *
 * @example `const { call, close } = await openScript<typeof import("./page.js")>("/path/to/page.ts")`
 */
export async function openScript<Script>(
  entry: string,
  { graphics = "none", folders = {} }: ScriptOptions = {},
): Promise<ScriptPage<Script>> {
  const folder = mkdtempSync(join(tmpdir(), "fullgrad-page-"));
  const endings: (() => unknown)[] = [
    () => {
      rmSync(folder, { recursive: true, force: true });
    },
  ];
  const close = async (): Promise<void> => {
    while (endings.length > 0) await endings.pop()!();
  };
  try {
    const shared = inject("bundles")?.[entry];
    if (shared === undefined) await bundle(entry, folder);
    writeFileSync(join(folder, "index.html"), html);
    const site = await serve({
      "/": folder,
      "/bundle/": shared ?? folder,
      "/fixtures/": join(root, "fixtures"),
      "/tfjs-wasm/": join(root, "node_modules/@tensorflow/tfjs-backend-wasm/dist"),
      ...folders,
    });
    endings.push(() => site.close());
    const browser = await startChromium(graphics);
    endings.push(() => browser.close());
    const { page, errors } = await browser.open(`${site.url}/`);
    await page.waitForFunction("globalThis.script !== undefined");
    return { page, close, call: (name, ...args) => callIn(page, errors, name, args) };
  } catch (error) {
    await close();
    throw error;
  }
}

const html = `<!doctype html><link rel="icon" href="data:,"><script type="module">
globalThis.script = await import("./bundle/script.js");
</script>`;

async function callIn<T>(
  page: Page,
  errors: readonly string[],
  name: string,
  args: readonly unknown[],
): Promise<T> {
  const before = errors.length;
  const result = await page.evaluate(
    ([called, given]) => {
      const { script } = globalThis as unknown as {
        script: Readonly<Record<string, (...args: unknown[]) => unknown>>;
      };
      return script[called]!(...given);
    },
    [name, args] as const,
  );
  if (errors.length > before) throw new Error(`in the page: ${errors.slice(before).join("\n")}`);
  return result as T;
}
