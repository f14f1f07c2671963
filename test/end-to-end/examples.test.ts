// The programs of examples/ against the built package, as a user runs them.
import { execFileSync, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { decodeImage, load } from "../../src/index.js";
import { efficientNet, fixture, root } from "./cli-harness.js";

const program = (name: string): string => join(root, "examples", name);
const cat = readFileSync(fixture("images", "chelsea.png"));

let address: string;
let server: ReturnType<typeof spawn>;

beforeAll(async () => {
  const args = [program("server/server.mjs"), efficientNet, "0"];
  server = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  const port = await new Promise<string>((resolve, reject) => {
    server.stdout!.once("data", (line: Buffer) => {
      resolve(/\d+/.exec(line.toString())![0]);
    });
    server.once("exit", reject);
  });
  address = `http://127.0.0.1:${port}`;
});

afterAll(() => {
  server.kill();
});

const post = (query: string, body: BodyInit): Promise<Response> =>
  fetch(`${address}/explain${query}`, { method: "POST", body });

test("the server answers concurrent requests with the maps of their own targets", async () => {
  const targets = [281, 282, 285];
  const answers = await Promise.all(targets.map((target) => post(`?target=${target}`, cat)));
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
  expect(answers.map(({ headers }) => Number(headers.get("x-class")))).toEqual(targets);
  await using model = await load(efficientNet);
  const logits = await model.predict(await model.picture(cat));
  for (const [i, { headers }] of answers.entries()) {
    expect(Number(headers.get("x-score"))).toBeCloseTo(Number(logits.data[targets[i]!]), 4);
  }
  const png = new Uint8Array(await answers[0]!.arrayBuffer());
  expect(await decodeImage(png, "answer")).toMatchObject({ width: 224, height: 224 });
});

test("the server says what is wrong with a request", async () => {
  const broken = await post("", "not a picture");
  expect([broken.status, await broken.text()]).toEqual([400, expect.stringMatching(/picture/)]);
  const unknown = await post("?method=grad-cma", cat);
  expect([unknown.status, await unknown.text()]).toEqual([400, expect.stringMatching(/grad-cam/)]);
  expect((await fetch(address)).status).toBe(404);
});

test("the stream writes a line for each picture of a folder", () => {
  const args = [program("folder-stream/explain-folder.mjs"), efficientNet, fixture("images")];
  const lines = execFileSync(process.execPath, args, { encoding: "utf8" }).trim().split("\n");
  const rows = lines.map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>);
  expect(rows.find(({ name }) => name === "chelsea.png")).toMatchObject({ target: 282 });
  expect(rows.map(({ name }) => name)).toContain("one-pixel.png");
});
