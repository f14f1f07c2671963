/**
 * What onnxruntime-web in Chromium makes of a converted file, beside the map that `fullgrad explain` wrote.
 *
 *     CHROMIUM=/usr/bin/chromium node test/witness/witness-browser.mjs wasm|webgpu x.npy model.onnx map.npy [model.onnx map.npy …]
 *
 * Differences are max |a - b| / max |b|. webgpu runs on a software adapter where there is no GPU, and is slow then.
 */
import { createReadStream, existsSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { basename, extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

const [provider, input, ...pairs] = process.argv.slice(2);
const dist = fileURLToPath(new URL("../node_modules/onnxruntime-web/dist/", import.meta.url));
const types = { ".mjs": "text/javascript", ".js": "text/javascript", ".html": "text/html" };

/** Numbers and shape of a .npy file of float32 or bytes. */
function readNpy(path) {
  const bytes = readFileSync(path);
  const start = 10 + bytes.readUInt16LE(8);
  const header = bytes.toString("latin1", 10, start);
  const dims = /\(([^)]*)\)/
    .exec(header)[1]
    .split(",")
    .filter((d) => d.trim() !== "");
  const plain = new Uint8Array(bytes.subarray(start));
  const dtype = header.includes("u1") ? "uint8" : "float32";
  const data = dtype === "uint8" ? plain : new Float32Array(plain.buffer);
  return { dtype, dims: dims.map(Number), data: [...data] };
}

const server = createServer((request, response) => {
  const path = decodeURIComponent(new URL(request.url, "http://localhost").pathname);
  const isolated = {
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
  };
  const file = path.startsWith("/ort/") ? join(dist, basename(path)) : pairs[Number(path.slice(1))];
  if (path === "/")
    return response
      .writeHead(200, { ...isolated, "Content-Type": "text/html" })
      .end("<!doctype html>");
  if (!file || !existsSync(file)) return response.writeHead(404).end();
  response.writeHead(200, {
    ...isolated,
    "Content-Type": types[extname(file)] ?? "application/octet-stream",
  });
  createReadStream(file).pipe(response);
});
await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
const origin = `http://127.0.0.1:${server.address().port}`;
const gpu =
  provider === "webgpu"
    ? ["--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader"]
    : ["--disable-gpu"];
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "chromium",
  args: ["--no-sandbox", "--no-first-run", "--disable-background-networking", ...gpu],
});
const x = readNpy(input);
for (let i = 0; i < pairs.length; i += 2) {
  const page = await browser.newPage();
  page.setDefaultTimeout(0);
  if (process.env.VERBOSE) page.on("console", (message) => console.log(message.text()));
  await page.goto(origin);
  const expected = readNpy(pairs[i + 1]).data;
  const result = await page.evaluate(
    async ({ url, x, provider, expected }) => {
      try {
        const ort = await import(
          provider === "webgpu" ? "/ort/ort.webgpu.min.mjs" : "/ort/ort.wasm.min.mjs"
        );
        ort.env.wasm.wasmPaths = "/ort/";
        ort.env.logLevel = "error";
        const bytes = await (await fetch(url)).arrayBuffer();
        const session = await ort.InferenceSession.create(bytes, {
          executionProviders: [provider],
          logSeverityLevel: 3,
        });
        const feeds = {
          [session.inputNames[0]]: new ort.Tensor(
            x.dtype,
            x.dtype === "uint8" ? Uint8Array.from(x.data) : Float32Array.from(x.data),
            x.dims,
          ),
        };
        let [results, seconds] = [undefined, 0];
        for (let run = 0; run < (provider === "webgpu" ? 1 : 3); run++) {
          const start = performance.now();
          results = await session.run(feeds);
          seconds = (performance.now() - start) / 1000;
        }
        const map = results.saliency.data;
        const size = Math.max(...expected.map(Math.abs));
        const differences = expected.map((v, at) => map[at] - v);
        const worst = Math.max(...differences.map(Math.abs));
        const completeness = [...results.completeness.data].slice(0, 3);
        const target = Number(results.target.data[0]);
        return {
          map: worst / size,
          mapL2: Math.hypot(...differences) / Math.hypot(...expected),
          completeness,
          target,
          seconds,
          threads: ort.env.wasm.numThreads,
        };
      } catch (error) {
        return { refused: String(error?.message ?? error).slice(0, 600) };
      }
    },
    { url: `/${i}`, x, provider, expected },
  );
  console.log(basename(pairs[i]), provider, JSON.stringify(result));
  await page.close();
}
await browser.close();
server.close();
