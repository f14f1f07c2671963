import type { Tf, TfTensor } from "../engine.js";

/** Longer vectors use a different kernel (tfjs-backend-webgl 4.22, BatchMatMul_impl). */
const longestShared = 1000;

/**
 * tf.matMul on WebGL. The kernel for long vectors assumes that both factors have the larger batch size and fails if
 * one factor is unbatched, so that factor is tiled.
 */
export function webglProduct(
  tf: Tf,
  [a, b]: readonly TfTensor[],
  adjX: boolean,
  adjY: boolean,
): TfTensor {
  const [p, q] = [a!, b!].map(({ shape }) => shape.slice(0, -2)) as [number[], number[]];
  const shared = a!.shape.at(adjX ? -2 : -1)!;
  const isVector = a!.shape.at(adjX ? -1 : -2) === 1 || b!.shape.at(adjY ? -2 : -1) === 1;
  if (!isVector || shared <= longestShared || p.join() === q.join()) {
    return tf.matMul(a!, b!, adjX, adjY);
  }
  const batch = tf.backend_util.assertAndGetBroadcastShape(p, q);
  return tf.tidy(() => {
    const repeated = (x: TfTensor): TfTensor => tf.broadcastTo(x, [...batch, ...x.shape.slice(-2)]);
    return tf.matMul(repeated(a!), repeated(b!), adjX, adjY);
  });
}
