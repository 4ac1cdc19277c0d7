// The addon as the scenarios use it: loaded as it is, past the engine's JavaScript, with its context started.
import assert from "node:assert/strict";
import { createRequire } from "node:module";

export const addon = createRequire(import.meta.url)(process.env.EASEL_ENGINE_ADDON);
addon.start(new Uint8Array(0), 2);

export const tensor = (shape, dtype, values) => addon.createTensor(shape, dtype, values);
export const floats = (id) => [...addon.tensorDataSync(id)];

/** The call must throw an error of the addon's whose message matches. */
export function refused(call, message) {
  assert.throws(call, (error) => {
    assert.match(error.code, /^EASEL_ENGINE_(TENSORFLOW|NATIVE|NATIVE_ARGUMENT)$/);
    assert.match(error.message, message);
    return true;
  });
}
