// The one TensorFlow.js instance of the process. Import `tf` from here, never from the package itself:
// the guard must be in place before TensorFlow.js is linked, or random numbers slip into traces.
import "./randomness-guard.js";
import * as tf from "@tensorflow/tfjs";

export { tf };
