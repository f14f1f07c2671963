import type { Method } from "../engine/method.js";
import { listed, type Setting } from "../engine/settings.js";
import { UsageError } from "../errors.js";
import { centreBlur, edge, random } from "./baselines.js";
import { deconvnet } from "./deconvnet.js";
import { deepLift } from "./deep-lift.js";
import { fullgrad } from "./fullgrad.js";
import { gradientShap } from "./gradient-shap.js";
import { gradientXInput } from "./gradient-x-input.js";
import { gradient } from "./gradient.js";
import { guidedBackprop } from "./guided-backprop.js";
import { integratedGradients } from "./integrated-gradients.js";
import { positiveFullgrad } from "./positive-fullgrad.js";
import { signedFullgrad } from "./signed-fullgrad.js";
import { simpleFullgrad } from "./simple-fullgrad.js";
import { ablationCam } from "./ablation-cam.js";
import { eigenCam } from "./eigen-cam.js";
import { gradCamPlusPlus } from "./grad-cam-plus-plus.js";
import { gradCam } from "./grad-cam.js";
import { guidedGradCam } from "./guided-grad-cam.js";
import { hiresCam } from "./hires-cam.js";
import { layerCam } from "./layer-cam.js";
import { lrp } from "./lrp.js";
import { occlusion } from "./occlusion.js";
import { rise } from "./rise.js";
import { scoreCam } from "./score-cam.js";
import { xgradCam } from "./xgrad-cam.js";
import { smoothFullgrad } from "./smooth-fullgrad.js";
import { smoothgrad, smoothgradSquared, vargrad } from "./smoothgrad.js";

// One row for each, so that two people can add some without a conflict.
const table = [
  fullgrad,
  simpleFullgrad,
  smoothFullgrad,
  signedFullgrad,
  positiveFullgrad,
  gradient,
  gradientXInput,
  integratedGradients,
  smoothgrad,
  smoothgradSquared,
  vargrad,
  gradientShap,
  guidedBackprop,
  deconvnet,
  deepLift,
  lrp,
  gradCam,
  gradCamPlusPlus,
  hiresCam,
  xgradCam,
  layerCam,
  eigenCam,
  guidedGradCam,
  scoreCam,
  ablationCam,
  occlusion,
  rise,
  random,
  edge,
  centreBlur,
] as const;

/** Every method, under the name that the command line and the library know it by. */
export const methods: readonly Method[] = table;

/** The settings of all methods; {@link methods} tells which method has which. */
export type MethodSettings = { readonly [K in KeyOf<Table>]?: ValueOf<Table, K> };

type Table = (typeof table)[number]["settings"];
type KeyOf<U> = U extends unknown ? keyof U : never;
type ValueOf<U, K extends PropertyKey> =
  U extends Readonly<Record<K, Setting<infer T>>> ? T : never;

/** @throws {UsageError} where there is none of this name; says which there are */
export function findMethod(name: string): Method {
  const method = methods.find((m) => m.name === name);
  if (method) return method;
  throw new UsageError(`no method "${name}"; there are ${listed(methods.map((m) => m.name))}`);
}
