import type { Backend, Executable } from "../../backends/backend.js";
import { BackendError, TargetError } from "../../errors.js";
import { fileWithOutputs, type ModelFile } from "../../onnx/file/model-file.js";
import type { Graph } from "../../onnx/ir.js";
import type { Tensors } from "../../tensor/tensor.js";

/** Reads values inside a model for one image from a run of its file. */
export class ValueReader {
  private readonly backend: Backend;
  private readonly file: ModelFile | undefined;
  private readonly model: Graph;
  private last: Promise<unknown> = Promise.resolve();
  private opened: { readonly key: string; readonly executable: Executable } | undefined;

  constructor(backend: Backend, file: ModelFile | undefined, model: Graph) {
    this.backend = backend;
    this.file = file;
    this.model = model;
  }

  /**
   * The named values and all outputs of the model.
   *
   * @param feeds values of the model's inputs, as its file declares them
   * @throws {TargetError} if the engine cannot run the file @throws {BackendError} if the run fails
   */
  read(names: readonly string[], feeds: Tensors): Promise<Tensors> {
    return this.inTurn(() => this.run(names, feeds));
  }

  dispose(): Promise<void> {
    return this.inTurn(() => this.close());
  }

  /** Serialises runs: opening the file for other values frees the previous session. */
  private inTurn<T>(next: () => Promise<T>): Promise<T> {
    const result = this.last.then(next);
    this.last = result.catch(() => undefined);
    return result;
  }

  private async run(names: readonly string[], feeds: Tensors): Promise<Tensors> {
    const outputs = [...new Set([...this.model.outputs.map(({ name }) => name), ...names])];
    const key = JSON.stringify(outputs);
    if (this.opened?.key !== key) {
      await this.close();
      this.opened = { key, executable: await this.open(outputs) };
    }
    return this.opened.executable.run(feeds);
  }

  private async close(): Promise<void> {
    const { opened } = this;
    this.opened = undefined;
    await opened?.executable.dispose();
  }

  private async open(names: readonly string[]): Promise<Executable> {
    const { backend, file, model } = this;
    if (!backend.open || !file) {
      throw new TargetError(
        `detections need a run of the model's file, which ${backend.name} cannot read: use the engine ort`,
      );
    }
    const source = await fileWithOutputs(file, names);
    if (!source) {
      throw new TargetError(
        "the values that select the rows are inside functions of the file; export it without functions, " +
          "or inline them (onnx.inliner)",
      );
    }
    try {
      const outputs = names.map((name) => ({ name }));
      return await backend.open(source, { inputs: model.inputs, outputs });
    } catch (error) {
      if (!(error instanceof BackendError)) throw error;
      throw new TargetError(`the model's file cannot be run to find detections: ${error.message}`, {
        cause: error,
      });
    }
  }
}
