import type { Backend } from "../backends/backend.js";
import { InputError, TargetError } from "../errors.js";
import type { ModelFile } from "../onnx/file/model-file.js";
import type { Graph } from "../onnx/ir.js";
import { holdSelections, selectionsOf } from "../passes/hold-selections.js";
import { canonicalize } from "../passes/prepare.js";
import type { Analysis } from "../runtime/analyze.js";
import { findDetections } from "../runtime/detections/find-detections.js";
import { withObjectness } from "../runtime/detections/objectness.js";
import { ValueReader } from "../runtime/detections/read-values.js";
import type { Detection, DetectionQuestion } from "../target/detection.js";
import { missingValue } from "../target/ports.js";
import type { PlainTarget } from "../target/target.js";
import { parseTarget, type TargetExpression } from "../target/parse.js";
import { sliceBatch } from "../tensor/batches.js";
import { fromNumbers, toNumbers, type Tensor, type Tensors } from "../tensor/tensor.js";
import { HeldModels } from "./held-models.js";
import type { Model } from "./model.js";
import type { Feeds, LoadOptions } from "./model-options.js";

/** A model, and a constructor of models that explain other values of it. */
interface DetectorParts {
  readonly imported: Graph;
  readonly file: ModelFile | undefined;
  readonly backend: Backend;
  readonly options: LoadOptions;
  readonly analysis: Analysis;
  readonly make: (graph: Graph, options: LoadOptions, file?: ModelFile) => Model;
}

/** A picture of a batch: its index, the image, and the values of all inputs of the file. */
interface DetectorPicture {
  readonly image: Tensor;
  readonly feeds: Tensors;
}

/** The detections of a model, and for each detection the model of the class score by which it was selected. */
export class ModelDetections {
  private readonly parts: DetectorParts;
  private readonly reader: ValueReader;
  /** Models of class scores whose size does not depend on the picture. */
  private readonly models = new Map<string, Model>();
  /** Models of class scores whose size does. */
  private readonly held = new HeldModels();

  constructor(parts: DetectorParts) {
    this.parts = parts;
    this.reader = new ValueReader(parts.backend, parts.file, parts.imported);
  }

  /** The detections of every picture of a batch. */
  async find(x: Tensor, question: DetectionQuestion, feeds: Feeds = {}): Promise<Detection[]> {
    const { imported, backend, analysis } = this.parts;
    const { input } = analysis.own;
    const count = analysis.image.form.toImage(x).dims[0]!;
    const found: Detection[] = [];
    for (let sample = 0; sample < count; sample++) {
      const picture = this.picture(x, sample, feeds);
      const [height, width] = picture.image.dims.slice(2);
      if (picture.image.dims.length !== 4) {
        throw new TargetError(
          `detections need a picture [N,C,H,W]; input "${input}" is [${x.dims.join(",")}]`,
        );
      }
      const sizes = new Map([...picture.feeds].map(([name, t]) => [name, t.dims]));
      const detector = {
        model: imported,
        registry: analysis.registry,
        backend,
        reader: this.reader,
        input,
        sizes,
      };
      const size = { feeds: picture.feeds, height: height!, width: width! };
      for (const one of await findDetections(detector, size, question))
        found.push({ sample, ...one });
    }
    return found;
  }

  /**
   * Runs a request for a detection on the model of its class score.
   *
   * @param question is called with the model, the picture and the target expression
   */
  async ask<T>(
    x: Tensor,
    detection: Detection,
    feeds: Feeds,
    question: (model: Model, x: Tensor, target: string) => Promise<T>,
  ): Promise<T> {
    const { form } = this.parts.analysis.image;
    const { sample, from } = detection;
    const { image, feeds: values } = this.picture(x, sample, feeds);
    const one = form.fromImage(image);
    const target = from.index.join(",");
    if (!from.isChosen) return question(this.modelOf(detection), one, target);
    return this.held.use(
      { x, sample, feeds },
      from.value,
      () => this.heldModel(detection, values),
      (held) => question(held, one, target),
    );
  }

  async release(): Promise<void> {
    await Promise.all([this.reader.dispose(), this.held.dispose()]);
    await Promise.all([...this.models.values()].map((model) => model.release()));
  }

  async dispose(): Promise<void> {
    await Promise.all([this.reader.dispose(), this.held.dispose()]);
    const models = [...this.models.values()];
    this.models.clear();
    await Promise.all(models.map((model) => model.dispose()));
  }

  private modelOf({ from }: Detection): Model {
    const { imported, file, options, make } = this.parts;
    const key = JSON.stringify([from.value, from.times]);
    const known = this.models.get(key);
    if (known) return known;
    const { graph, output } =
      from.times === undefined
        ? { graph: imported, output: from.value }
        : withObjectness(canonicalize(imported), from.value, from.times);
    const isOwn = graph === imported;
    const model = make(graph, { ...options, output }, isOwn ? file : undefined);
    this.models.set(key, model);
    return model;
  }

  /** The model for one picture, with its selections held fixed. */
  private async heldModel({ from }: Detection, feeds: Tensors): Promise<Model> {
    const { imported, options, analysis, make } = this.parts;
    const graph = canonicalize(imported);
    const way = { input: analysis.own.input, output: from.value };
    const { registry } = analysis;
    const names = selectionsOf(graph, registry, way);
    const read = await this.reader.read(names, feeds);
    const values = new Map(names.map((name) => [name, read.get(name)!]));
    return make(holdSelections(graph, registry, way, values), { ...options, output: from.value });
  }

  /** One picture as image, with the values of all inputs of the file. */
  private picture(x: Tensor, sample: number, feeds: Feeds): DetectorPicture {
    const { imported, analysis } = this.parts;
    const { form } = analysis.image;
    const image = sliceBatch(form.toImage(x), [sample]);
    const rows = form.axes.batch === undefined ? 1 : form.port.fact.shape[form.axes.batch];
    if (typeof rows === "number" && rows !== 1) {
      throw new InputError(
        `input "${form.port.name}" has a fixed batch of ${rows}; detections are found one picture at a time: export the model with a batch of 1`,
      );
    }
    const values = imported.inputs.map((port): [string, Tensor] => {
      const { name, fact } = port;
      const value = name === form.port.name ? form.fromImage(image) : feeds[name];
      if (!value) throw missingValue(port, form.port.name);
      const isSame = value.dtype === fact.dtype || value.dtype === "string";
      return [name, isSame ? value : fromNumbers(fact.dtype, value.dims, toNumbers(value))];
    });
    return { image, feeds: new Map(values) };
  }
}

type DetectionsWanted = Extract<TargetExpression, { readonly kind: "detections" }>;

/** The detections of a target: all above a threshold. */
export function detectionQuestion(target: PlainTarget): DetectionsWanted | undefined {
  const read = typeof target === "string" ? parseTarget(target) : target;
  const isTree = typeof read === "object" && "kind" in read;
  return isTree && read.kind === "detections" ? read : undefined;
}
