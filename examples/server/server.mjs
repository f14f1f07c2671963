// Explains pictures that are posted to it, several at once, while it goes on answering others.
//
//   npm install fullgrad
//   node server.mjs model.onnx 8080
//   curl --data-binary @cat.png "localhost:8080/explain?target=282&method=grad-cam" -o overlay.png
import { createServer } from "node:http";
import { buffer } from "node:stream/consumers";
import { encodePng, FullgradError, load, overlay } from "fullgrad";

const [path = "model.onnx", port = "8080"] = process.argv.slice(2);
const largest = 20e6; // bytes of a picture
const model = await load(path, { workers: 2, maxPixels: 20e6 });

/** The overlay of the posted picture; the number that it explains is in the headers. */
async function explain(request, { searchParams }, signal) {
  if (Number(request.headers["content-length"] ?? Infinity) > largest) return [413, "too large"];
  const picture = await model.picture(new Uint8Array(await buffer(request)));
  const target = searchParams.get("target") ?? "top";
  const explanation = await model.explain(picture, {
    target: /^\d+$/.test(target) ? Number(target) : target,
    method: searchParams.get("method") ?? "fullgrad",
    signal,
  });
  const headers = { "content-type": "image/png", "x-class": explanation.target };
  const png = await encodePng(overlay(picture.view, explanation.map));
  return [200, png, { ...headers, "x-score": explanation.score }];
}

const server = createServer(async (request, response) => {
  const left = new AbortController(); // when the client goes away
  response.on("close", () => left.abort());
  const url = new URL(request.url, "http://localhost");
  try {
    const isExplain = request.method === "POST" && url.pathname === "/explain";
    const answer = isExplain ? await explain(request, url, left.signal) : [404, "POST /explain"];
    const [status, body, headers] = answer;
    response.writeHead(status, headers).end(body);
  } catch (error) {
    // The client's faults have typed errors, which say what to change.
    response.writeHead(error instanceof FullgradError ? 400 : 500).end(error.message);
  }
});

server.listen(Number(port), "127.0.0.1", () => {
  console.log(`listening on ${server.address().port}`);
});
process.on("SIGTERM", () => {
  server.close(() => model.dispose());
});
