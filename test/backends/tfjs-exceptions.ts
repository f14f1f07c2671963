import type { Exceptions } from "../suites/onnx-node/agreement.js";

const size = "the size of the output depends on computed values";
const crop = "coordinate_transformation_mode tf_crop_and_resize is not supported";
const rounded =
  "agrees with ONNX Runtime, which divides by the rounded length minus one; ONNX divides by the unrounded length";

/** ONNX's node tests that tfjs fails on every back end, with the reason. */
export const exceptions: Exceptions = {
  "test_compress_*": size,
  "test_nonmaxsuppression_*": size,
  test_nonzero_example: size,
  "test_unique_*": size,
  "test_equal_string*": "tfjs does not support strings",
  test_maxpool_with_argmax_2d_precomputed_strides: "column-major indices are not supported",
  "test_roialign_aligned_*": "agrees with ONNX Runtime; ONNX's expected values have four decimals",
  "test_resize_tf_crop_and_resize*": crop,
  "test_resize_downsample_scales_.*_align_corners": rounded,
};
