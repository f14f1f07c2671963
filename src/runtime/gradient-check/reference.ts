import type { Backend, Executable } from "../../backends/backend.js";
import { BackendError } from "../../errors.js";
import type { Graph, Port, TypedGraph } from "../../onnx/ir.js";
import { fileWithOutputs, type ModelFile } from "../../onnx/file/model-file.js";
import type { Tensor } from "../../tensor/tensor.js";
import type { Reference } from "./gradient-check.js";
import type { ImageForm } from "../image-model/image-form.js";
import type { Subgraph } from "../subgraph.js";
import { squashing } from "../../target/ports.js";

/** Sources of a reference. */
export interface ReferenceSources {
  /** The model's ONNX file, if it has one. */
  readonly file: ModelFile | undefined;
  readonly imported: Graph;
  readonly part: Subgraph;
  /** The conversion between image and input of the file. */
  readonly form: ImageForm;
  /** Names of the inputs that are fed. */
  readonly given: ReadonlySet<string>;
  /** The prepared forward graph of the part. */
  readonly prepared: () => TypedGraph;
  /** The inferred facts of the whole file. */
  readonly known: () => TypedGraph;
}

/**
 * Opens the model to check a gradient against: the original file, on an engine that reads ONNX files. If that is impossible
 * (tfjs; a value inside a function; operators that the engine lacks for the file's element type), the prepared forward
 * graph. `what` names the choice.
 */
export async function openReference(
  backend: Backend,
  { file, imported, part, form, given, prepared, known }: ReferenceSources,
): Promise<Reference> {
  const { input, output } = part;
  const squashed = squashing(imported.nodes, output)?.probability;
  const declared = part.graph.inputs.find(({ name }) => name === input)!.fact.shape[0];
  const batched = new Set(
    part.graph.inputs.flatMap(({ name, fact }) =>
      name === input || (fact.shape.length > 0 && fact.shape[0] === declared) ? [name] : [],
    ),
  );
  const about = { rows: typeof declared === "number" ? declared : 1, batched, squashed };
  const dtypes = (ports: readonly Port[]): Reference["inputs"] =>
    new Map(ports.map(({ name, fact }) => [name, fact.dtype]));
  const inputs = imported.inputs.filter(({ name }) => given.has(name));
  const opened = file && (await openFile(backend, file, { inputs, output, known }));
  if (opened) {
    const what = `the model's file on ${backend.name}`;
    const dtype = imported.outputs.find(({ name }) => name === output)?.fact.dtype ?? "float32";
    const ownForm = (image: Tensor): Tensor => form.fromImage(image);
    return { ...about, what, ownForm, executable: opened, inputs: dtypes(inputs), output: dtype };
  }
  const graph = prepared();
  const fact = graph.facts.get(output)!;
  const executable = await backend.compile({ ...graph, outputs: [{ name: output, fact }] });
  const what = `the model's graph in float32 on ${backend.name}`;
  const inputTypes = dtypes(graph.inputs);
  return {
    ...about,
    what,
    ownForm: (image) => image,
    executable,
    inputs: inputTypes,
    output: fact.dtype,
  };
}

interface Opened {
  readonly inputs: readonly Port[];
  readonly output: string;
}

async function openFile(
  backend: Backend,
  file: ModelFile,
  { inputs, output, known }: Pick<ReferenceSources, "known"> & Opened,
): Promise<Executable | undefined> {
  const source = backend.open && (await fileWithOutputs(file, [output]));
  if (!source) return undefined;
  try {
    return await backend.open!(source, { inputs, outputs: [{ name: output }] }, known());
  } catch (error) {
    if (error instanceof BackendError) return undefined;
    throw error;
  }
}
