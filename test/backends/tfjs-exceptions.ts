import type { Exceptions } from "../suites/onnx-node/agreement.js";

const size = "the size of the output depends on what is computed";
const reduction = "tfjs scatters by putting and adding only";
const crop = "a crop: coordinate_transformation_mode tf_crop_and_resize";
const rounded =
  "as ONNX Runtime has it, which divides by the rounded length less one, ONNX by the length before";

/** ONNX's node tests that no back end of tfjs passes. */
export const exceptions: Exceptions = {
  "test_affine_grid_.d": "no lowering: it makes coordinates",
  "test_affine_grid_.d_align_corners": "no lowering: it makes coordinates",
  "test_compress_*": size,
  "test_nonmaxsuppression_*": size,
  test_nonzero_example: size,
  "test_unique_*": size,
  "test_basic_deform_*": "no lowering: it has no gradient either",
  "test_deform_*": "no lowering: it has no gradient either",
  "test_roialign_*": "no lowering: it has no gradient either",
  "test_equal_string*": "tfjs has no strings to compare",
  test_maxpool_with_argmax_2d_precomputed_strides: "indices in column order",
  "test_resize_tf_crop_and_resize*": crop,
  "test_resize_downsample_scales_.*_align_corners": rounded,
  "test_scatter_elements_with_reduction_*": reduction,
  "test_scatternd_m*": reduction,
};
