// Muon: momentum whose update is orthogonalised, for the 2-D matrices of a model's blocks. Train embeddings, heads,
// gains and biases with AdamW beside it.

import { EngineError } from "../errors.js";
import type { Gradients } from "../params/gradients.js";
import { tf } from "../tf.js";
import { decayed } from "./adamw.js";
import { zerosFor } from "./moment.js";
import { type Optimizer, type ParameterGroup, resolveGroup } from "./optimizer.js";

/** The settings of {@link createMuon}. */
export type MuonOptions = {
  /** Matrices `[out, in]` only. */
  readonly variables: Readonly<Record<string, tf.Variable>>;
  /** Decay of the momentum, [0,1). Default 0.95. */
  readonly momentum?: number;
  /** Look one step ahead. Default true. */
  readonly nesterov?: boolean;
  /** Newton-Schulz iterations. Default 5. */
  readonly iterations?: number;
  /** Decoupled: each step scales a weight by 1 - learning rate · decay. Default 0. */
  readonly weightDecay?: number;
  readonly groups?: readonly ParameterGroup[];
};

// The quintic of Jordan et al. 2024: steep at 0, so that five rounds lift small singular values into about 0.7..1.2.
const QUINTIC = { linear: 3.4445, cubic: -4.775, fifth: 2.0315 } as const;
const NORM_FLOOR = 1e-7;

/**
 * Muon (Jordan et al. 2024): `w ← w (1 - lr λ) - lr sqrt(max(1, out / in)) orthogonalise(g + μ m)`.
 * State names: `<variable>.momentum`.
 * @throws EngineError EASEL_ENGINE_MUON_SHAPE for a variable that is not a matrix
 */
export function createMuon(o: MuonOptions): Optimizer {
  const { momentum = 0.95, nesterov = true, iterations = 5, weightDecay = 0, groups = [] } = o;
  const state: Record<string, tf.Variable> = {};
  const slots = Object.entries(o.variables).map(([name, variable]) => {
    const [rows, columns] = variable.shape;
    if (variable.rank !== 2 || rows === undefined || columns === undefined) {
      throw new EngineError(
        "EASEL_ENGINE_MUON_SHAPE",
        `Muon trains matrices, but ${name} has shape [${variable.shape.join(", ")}]; give it to AdamW instead.`,
      );
    }
    const buffer = zerosFor(variable);
    state[`${name}.momentum`] = buffer;
    const shapeScale = Math.sqrt(Math.max(1, rows / columns));
    return { name, variable, buffer, shapeScale, group: resolveGroup(name, groups, { weightDecay }) };
  });

  function update(grads: Gradients, learningRate: tf.Scalar | number): void {
    tf.tidy(() => {
      for (const { name, variable, buffer, shapeScale, group } of slots) {
        const gradient = grads[name];
        if (gradient === undefined) continue;
        buffer.assign(tf.add(tf.mul(buffer, momentum), gradient));
        const direction = nesterov ? tf.add(gradient, tf.mul(buffer, momentum)) : buffer;
        const rate = tf.mul(learningRate, group.learningRateScale);
        const change = tf.mul(orthogonalise(direction, iterations), tf.mul(rate, shapeScale));
        variable.assign(tf.sub(decayed(variable, rate, group.weightDecay), change));
      }
    });
  }

  return { state, update, dispose: () => tf.dispose(state) };
}

/**
 * Moves the singular values of a matrix towards 1 and keeps its singular vectors, by Newton-Schulz iteration.
 * Works on the wide orientation, where the Gram matrix is the smaller one.
 * @param matrix `[rows, columns]`
 */
export function orthogonalise(matrix: tf.Tensor, iterations: number): tf.Tensor {
  const [rows = 0, columns = 0] = matrix.shape;
  const isTall = rows > columns;
  const wide = isTall ? tf.transpose(matrix) : matrix;
  let x = tf.div(wide, tf.maximum(tf.sqrt(tf.sum(tf.square(wide))), NORM_FLOOR));
  for (let i = 0; i < iterations; i++) {
    const gram = tf.matMul(x, x, false, true);
    const polynomial = tf.add(tf.mul(gram, QUINTIC.cubic), tf.mul(tf.matMul(gram, gram), QUINTIC.fifth));
    x = tf.add(tf.mul(x, QUINTIC.linear), tf.matMul(polynomial, x));
  }
  return isTall ? tf.transpose(x) : x;
}
