import { isConfigured, withSettings, type ConfiguredMethod } from "./core/configured-method.js";
import type { Method } from "./core/method.js";
import { listed, type Setting } from "./core/settings.js";
import { UsageError } from "../errors.js";
import { didYouMean } from "../files/nearest-names.js";
import { centreBlur, edge, random, smoothRandom } from "./class-blind/class-blind.js";
import { deconvnet } from "./propagation/deconvnet.js";
import { deepLift } from "./propagation/deep-lift.js";
import { fullgrad } from "./full-gradients/fullgrad.js";
import { gradientShap } from "./gradients/gradient-shap.js";
import { gradientXInput } from "./gradients/gradient-x-input.js";
import { gradient } from "./gradients/gradient.js";
import { guidedBackprop } from "./propagation/guided-backprop.js";
import { guidedIntegratedGradients } from "./gradients/guided-integrated-gradients.js";
import { integratedGradients } from "./gradients/integrated-gradients.js";
import { positiveFullgrad } from "./full-gradients/positive-fullgrad.js";
import { signedFullgrad } from "./full-gradients/signed-fullgrad.js";
import { simpleFullgrad } from "./full-gradients/simple-fullgrad.js";
import { ablationCam } from "./activation-maps/ablation-cam.js";
import { cam } from "./activation-maps/cam.js";
import { eigenCam } from "./activation-maps/eigen-cam.js";
import { eigenGradCam } from "./activation-maps/eigen-grad-cam.js";
import { gradCamPlusPlus } from "./activation-maps/grad-cam-plus-plus.js";
import { attentionRollout } from "./attention/attention-rollout.js";
import { legrad } from "./attention/legrad.js";
import { gradCam } from "./activation-maps/grad-cam.js";
import { guidedGradCam } from "./activation-maps/guided-grad-cam.js";
import { hiresCam } from "./activation-maps/hires-cam.js";
import { layerCam } from "./activation-maps/layer-cam.js";
import { lrp } from "./propagation/lrp.js";
import { kernelShap } from "./regions/kernel-shap.js";
import { lime } from "./regions/lime.js";
import { xrai } from "./regions/xrai.js";
import { occlusion } from "./perturbation/occlusion.js";
import { rise } from "./perturbation/rise.js";
import { reciproCam } from "./activation-maps/recipro-cam.js";
import { scoreCam } from "./activation-maps/score-cam.js";
import { xgradCam } from "./activation-maps/xgrad-cam.js";
import { smoothFullgrad } from "./full-gradients/smooth-fullgrad.js";
import { smoothgrad, smoothgradSquared, vargrad } from "./gradients/smoothgrad.js";

// One method per row, so that concurrent additions merge without conflicts.
const table = [
  fullgrad,
  simpleFullgrad,
  smoothFullgrad,
  signedFullgrad,
  positiveFullgrad,
  gradient,
  gradientXInput,
  integratedGradients,
  guidedIntegratedGradients,
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
  eigenGradCam,
  cam,
  reciproCam,
  guidedGradCam,
  scoreCam,
  ablationCam,
  legrad,
  attentionRollout,
  occlusion,
  rise,
  lime,
  kernelShap,
  xrai,
  random,
  smoothRandom,
  edge,
  centreBlur,
] as const;

/** Every method, by the name that the command line and the library use. */
export const methods: readonly Method[] = table;

/** The settings of all methods; {@link methods} says which method has which setting. */
export type MethodSettings = { readonly [K in KeyOf<Table>]?: ValueOf<Table, K> };

type Table = (typeof table)[number]["settings"];
type KeyOf<U> = U extends unknown ? keyof U : never;
type ValueOf<U, K extends PropertyKey> =
  U extends Readonly<Record<K, Setting<infer T>>> ? T : never;

/** The method that the options name or contain, with its settings. @throws {UsageError} for an unknown name */
export function chosenMethod(
  asked: string | Method | ConfiguredMethod = "fullgrad",
): ConfiguredMethod {
  if (typeof asked === "string") return withSettings(findMethod(asked));
  return isConfigured(asked) ? asked : withSettings(asked);
}

/** The method with this name. @throws {UsageError} if it is unknown; the message lists all names */
export function findMethod(name: string): Method {
  const method = methods.find((m) => m.name === name);
  if (method) return method;
  const names = methods.map((m) => m.name);
  throw new UsageError(`no method "${name}"${didYouMean(name, names)}; there are ${listed(names)}`);
}
