// What TensorFlow.js's gradient tape cannot see into must not be called while it records: the gradient would
// miss a part without a word.
import { EngineError } from "../errors.js";
import { tf } from "../tf.js";

/** @throws EngineError EASEL_ENGINE_NO_GRADIENT inside tf.grad and its kin (not inside tf.customGrad) */
export function refuseGradient(name: string, advice: string): void {
  const { gradientDepth, kernelDepth } = tf.engine().state;
  if (gradientDepth === 0 || kernelDepth > 0) return;
  throw new EngineError(
    "EASEL_ENGINE_NO_GRADIENT",
    `${name} is called while a gradient is being recorded (tf.grad, tf.variableGrads), which cannot see into it. ${advice}`,
  );
}
