// The broker and the engine: what runs beneath, without influence on what is learnt.
import { z } from "zod";
import { count, duration, oneOf, size } from "./quantities.js";

const natsUrl = z
  .string('must be "auto" or a URL such as "nats://host:4222"')
  .regex(/^(auto|(nats|tls|ws|wss):\/\/\S+)$/, 'must be "auto" or a URL such as "nats://host:4222"');

export const busSchema = z.strictObject({
  /** "auto" starts a nats-server on loopback for the run. */
  nats: natsUrl,
  /** Copies of each stream; 3 survives the loss of one broker. */
  replicas: count.max(5, "must be at most 5"),
  /** A worker that has not renewed its lease for this long loses its task to another. */
  lease: duration,
  /** Attempts at a task before it is declared dead. */
  maxAttempts: count,
  /** Images held at most before rollouts wait. */
  imageQuota: size,
});

export const engineSchema = z.strictObject({
  /** "auto": libtensorflow where set-up found one, else wasm, and the console says so. */
  backend: oneOf(["auto", "tensorflow", "wasm", "cpu"]),
});
