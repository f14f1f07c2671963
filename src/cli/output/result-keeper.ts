import { readFileSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { count, fields, readJson, text } from "../../files/json.js";
import type { InputFile } from "../input/inputs.js";
import { sha256 } from "../input/model-file.js";
import type { OutputFolder } from "./output-folder.js";
import { nameCandidates } from "../unique-names.js";

/** The input of a manifest. */
const holder = fields({ input: fields({ path: text, sha256: text }) });

const claim = fields({ pid: count, input: text });

/**
 * Names of results in an output folder, which inputs keep: an input whose results are there under one of its names has
 * that name, whatever other inputs there are, and no input is given a name under which another's results lie. While an
 * input's results are being made its name is claimed by a file, so that two runs at once do not write over each other.
 */
export class ResultKeeper {
  private readonly folder: OutputFolder;
  private readonly suffixes: readonly string[];
  /** The path that has a name in this run, by name in lower case. */
  private readonly taken = new Map<string, string>();
  private readonly claims = new Map<string, string>();

  /** @param suffixes of names, where pictures have several targets */
  constructor(folder: OutputFolder, suffixes: Iterable<string> = [""]) {
    this.folder = folder;
    this.suffixes = [...suffixes];
  }

  /** The name under which results of this input lie, made of this file or of this content; undefined if there are none. */
  known({ path, name }: InputFile, hash: string): string | undefined {
    const names = new Set([name, ...nameCandidates(path)]);
    const holders = Array.from(names, (n) => ({ name: n, holder: this.holderOf(n) }));
    const free = holders.filter(({ name: n }) => this.isFree(n, path));
    const own =
      free.find(({ holder: h }) => h?.path === path) ??
      free.find(({ holder: h }) => h?.sha256 === hash);
    if (own) this.taken.set(own.name.toLowerCase(), path);
    return own?.name;
  }

  /** The name under which results of this input are to be written. It is kept until {@link release}. */
  claim(file: InputFile, hash: string): string {
    const { path, name } = file;
    const candidates = [...nameCandidates(path)];
    const known = this.known(file, hash);
    const from = Math.max(0, candidates.indexOf(name));
    const last = `${candidates.at(-1)!}~${hash.slice(0, 8)}`;
    const names = [...(known === undefined ? [] : [known]), name, ...candidates.slice(from), last];
    const found = names.find((n) => this.isFree(n, path) && this.take(n, path, hash)) ?? last;
    this.taken.set(found.toLowerCase(), path);
    return found;
  }

  /** Lets go of all claims: the manifests that are written hold their names. */
  release(): void {
    for (const path of this.claims.values()) rmSync(path, { force: true });
    this.claims.clear();
  }

  private isFree(name: string, path: string): boolean {
    return (this.taken.get(name.toLowerCase()) ?? path) === path;
  }

  private take(name: string, path: string, hash: string): boolean {
    if (!this.claims.has(name) && !this.writeClaim(name, path)) return false;
    const other = this.holderOf(name);
    return !other || other.path === path || other.sha256 === hash;
  }

  /** False where another run that goes on has claimed the name for another input. */
  private writeClaim(name: string, path: string): boolean {
    const input = resolve(path);
    // Named like a temporary file, so that leftovers are removed like one.
    const claimName = `.fullgrad-claim-${sha256(name.toLowerCase()).slice(0, 16)}.tmp`;
    const file = join(this.folder.path, claimName);
    for (let attempt = 0; attempt < 3; attempt++) {
      if (this.folder.create(claimName, JSON.stringify({ pid: process.pid, input }))) {
        this.claims.set(name, file);
        return true;
      }
      const other = readClaim(file);
      // The same input in two concurrent runs: both write the same results.
      if (other?.input === input) return true;
      if (other && isRunning(other.pid)) return false;
      rmSync(file, { force: true });
    }
    return false;
  }

  private holderOf(name: string): { readonly path: string; readonly sha256: string } | undefined {
    const names = [name, `${name}-0`].flatMap((n) => this.suffixes.map((s) => n + s));
    for (const first of names) {
      for (const manifest of [`${first}.json`, `${first}.top1.json`]) {
        const found = this.folder.read(manifest);
        if (found === undefined) continue;
        try {
          return readJson(found, holder, manifest).input;
        } catch {
          // Not a manifest of ours.
        }
      }
    }
    return undefined;
  }
}

function readClaim(path: string): ReturnType<typeof claim> | undefined {
  try {
    return readJson(readFileSync(path, "utf8"), claim, path);
  } catch {
    return undefined;
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
