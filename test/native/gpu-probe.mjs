// One part of gpu.mjs, in a process of its own: starts the engine on the device named, says which devices there are, takes
// three training steps of a small network and prints losses and weights as JSON. Use: node gpu-probe.mjs cpu|gpu
import { jit, startEngine, tf } from "@easel/engine";

const info = await startEngine({ device: process.argv[2], threads: 2 });
const numbers = (count, scale) => Float32Array.from({ length: count }, (_, i) => scale * Math.sin(1 + i));
const filter = tf.variable(tf.tensor4d(numbers(3 * 3 * 3 * 8, 0.2), [3, 3, 3, 8]));
const head = tf.variable(tf.tensor2d(numbers(8 * 5, 0.3), [8, 5]));
const images = tf.tensor4d(numbers(4 * 16 * 16 * 3, 1), [4, 16, 16, 3]);
const wanted = tf.tensor2d(numbers(4 * 5, 1), [4, 5]);

const step = jit((x, y) => {
  const { value, grads } = tf.variableGrads(() => {
    const features = tf.mean(tf.sigmoid(tf.conv2d(x, filter, 2, "same")), [1, 2]);
    return tf.mean(tf.square(tf.sub(tf.matMul(features, head), y)));
  }, [filter, head]);
  for (const variable of [filter, head]) variable.assign(variable.sub(grads[variable.name].mul(0.1)));
  return value;
});
const losses = [];
for (let i = 0; i < 3; i++) losses.push((await step.async(images, wanted)).dataSync()[0]);
const devices = tf.backend().addon.listDevices();
const weights = [filter, head].flatMap((variable) => [...variable.dataSync()]);
console.log(JSON.stringify({ device: info.device, devices, losses, weights }));
