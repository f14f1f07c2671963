/**
 * Every method as a function of its settings, for {@link ExplainOptions.method}:
 * `model.explain(x, { method: integratedGradients({ steps: 50 }) })`.
 *
 * @module
 */
import { withSettingsOf } from "./core/configured-method.js";
import {
  centreBlur as centreBlurMethod,
  edge as edgeMethod,
  random as randomMethod,
  smoothRandom as smoothRandomMethod,
} from "./class-blind/class-blind.js";
import { deconvnet as deconvnetMethod } from "./propagation/deconvnet.js";
import { deepLift as deepLiftMethod } from "./propagation/deep-lift.js";
import { fullgrad as fullgradMethod } from "./full-gradients/fullgrad.js";
import { gradientShap as gradientShapMethod } from "./gradients/gradient-shap.js";
import { gradientXInput as gradientXInputMethod } from "./gradients/gradient-x-input.js";
import { gradient as gradientMethod } from "./gradients/gradient.js";
import { guidedBackprop as guidedBackpropMethod } from "./propagation/guided-backprop.js";
import { guidedIntegratedGradients as guidedIntegratedGradientsMethod } from "./gradients/guided-integrated-gradients.js";
import { integratedGradients as integratedGradientsMethod } from "./gradients/integrated-gradients.js";
import { positiveFullgrad as positiveFullgradMethod } from "./full-gradients/positive-fullgrad.js";
import { signedFullgrad as signedFullgradMethod } from "./full-gradients/signed-fullgrad.js";
import { simpleFullgrad as simpleFullgradMethod } from "./full-gradients/simple-fullgrad.js";
import { ablationCam as ablationCamMethod } from "./activation-maps/ablation-cam.js";
import { cam as camMethod } from "./activation-maps/cam.js";
import { eigenCam as eigenCamMethod } from "./activation-maps/eigen-cam.js";
import { eigenGradCam as eigenGradCamMethod } from "./activation-maps/eigen-grad-cam.js";
import { gradCamPlusPlus as gradCamPlusPlusMethod } from "./activation-maps/grad-cam-plus-plus.js";
import { attentionRollout as attentionRolloutMethod } from "./attention/attention-rollout.js";
import { legrad as legradMethod } from "./attention/legrad.js";
import { gradCam as gradCamMethod } from "./activation-maps/grad-cam.js";
import { guidedGradCam as guidedGradCamMethod } from "./activation-maps/guided-grad-cam.js";
import { hiresCam as hiresCamMethod } from "./activation-maps/hires-cam.js";
import { layerCam as layerCamMethod } from "./activation-maps/layer-cam.js";
import { lrp as lrpMethod } from "./propagation/lrp.js";
import { kernelShap as kernelShapMethod } from "./regions/kernel-shap.js";
import { lime as limeMethod } from "./regions/lime.js";
import { xrai as xraiMethod } from "./regions/xrai.js";
import { occlusion as occlusionMethod } from "./perturbation/occlusion.js";
import { rise as riseMethod } from "./perturbation/rise.js";
import { reciproCam as reciproCamMethod } from "./activation-maps/recipro-cam.js";
import { scoreCam as scoreCamMethod } from "./activation-maps/score-cam.js";
import { xgradCam as xgradCamMethod } from "./activation-maps/xgrad-cam.js";
import { smoothFullgrad as smoothFullgradMethod } from "./full-gradients/smooth-fullgrad.js";
import {
  smoothgrad as smoothgradMethod,
  smoothgradSquared as smoothgradSquaredMethod,
  vargrad as vargradMethod,
} from "./gradients/smoothgrad.js";

export const fullgrad = withSettingsOf(fullgradMethod);
export const simpleFullgrad = withSettingsOf(simpleFullgradMethod);
export const smoothFullgrad = withSettingsOf(smoothFullgradMethod);
export const signedFullgrad = withSettingsOf(signedFullgradMethod);
export const positiveFullgrad = withSettingsOf(positiveFullgradMethod);
export const gradient = withSettingsOf(gradientMethod);
export const gradientXInput = withSettingsOf(gradientXInputMethod);
export const integratedGradients = withSettingsOf(integratedGradientsMethod);
export const guidedIntegratedGradients = withSettingsOf(guidedIntegratedGradientsMethod);
export const smoothgrad = withSettingsOf(smoothgradMethod);
export const smoothgradSquared = withSettingsOf(smoothgradSquaredMethod);
export const vargrad = withSettingsOf(vargradMethod);
export const gradientShap = withSettingsOf(gradientShapMethod);
export const guidedBackprop = withSettingsOf(guidedBackpropMethod);
export const deconvnet = withSettingsOf(deconvnetMethod);
export const deepLift = withSettingsOf(deepLiftMethod);
export const lrp = withSettingsOf(lrpMethod);
export const gradCam = withSettingsOf(gradCamMethod);
export const gradCamPlusPlus = withSettingsOf(gradCamPlusPlusMethod);
export const hiresCam = withSettingsOf(hiresCamMethod);
export const xgradCam = withSettingsOf(xgradCamMethod);
export const layerCam = withSettingsOf(layerCamMethod);
export const eigenCam = withSettingsOf(eigenCamMethod);
export const eigenGradCam = withSettingsOf(eigenGradCamMethod);
export const cam = withSettingsOf(camMethod);
export const reciproCam = withSettingsOf(reciproCamMethod);
export const guidedGradCam = withSettingsOf(guidedGradCamMethod);
export const scoreCam = withSettingsOf(scoreCamMethod);
export const ablationCam = withSettingsOf(ablationCamMethod);
export const legrad = withSettingsOf(legradMethod);
export const attentionRollout = withSettingsOf(attentionRolloutMethod);
export const occlusion = withSettingsOf(occlusionMethod);
export const rise = withSettingsOf(riseMethod);
export const lime = withSettingsOf(limeMethod);
export const kernelShap = withSettingsOf(kernelShapMethod);
export const xrai = withSettingsOf(xraiMethod);
export const random = withSettingsOf(randomMethod);
export const smoothRandom = withSettingsOf(smoothRandomMethod);
export const edge = withSettingsOf(edgeMethod);
export const centreBlur = withSettingsOf(centreBlurMethod);
