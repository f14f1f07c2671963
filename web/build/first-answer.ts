import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { runnerImport, type Plugin } from "vite";

const script = join(dirname(fileURLToPath(import.meta.url)), "explain-first.ts");

/** Of the built page; see first-answer.ts of the page, which reads them. */
const [numbers, arrays] = ["first/answer.json", "first/answer.bin"];

type Files = Readonly<Record<string, string | Uint8Array>>;

/**
 * Writes the methods and an answer computed by the library, so that the page has something to show before it has loaded
 * its network: the numbers as JSON; the map (float32) and then the view (RGB) as bytes.
 */
export function firstAnswer(): Plugin {
  let made: Promise<Files> | undefined;
  return {
    name: "first-answer",
    configureServer(server) {
      server.middlewares.use((request, response, next) => {
        const name = (request.url ?? "").slice(1);
        if (name !== numbers && name !== arrays) {
          next();
          return;
        }
        made ??= make();
        made.then((files) => response.end(files[name]), next);
      });
    },
    async generateBundle() {
      for (const [fileName, source] of Object.entries(await make())) {
        this.emitFile({ type: "asset", fileName, source });
      }
    },
  };
}

async function make(): Promise<Files> {
  const { module } = await runnerImport<typeof import("./explain-first.js")>(script);
  const { explained, ...rest } = module.firstAnswer;
  const { map, view, ...facts } = explained;
  const { width, height } = view;
  return {
    [numbers]: JSON.stringify({ ...rest, explained: facts, dims: map.dims, width, height }),
    [arrays]: Buffer.concat([
      Buffer.from(map.data.buffer, map.data.byteOffset, map.data.byteLength),
      view.data,
    ]),
  };
}
