// The two ways in which a PyTorch file is turned down: it is damaged, or it asks for more than data.
import { JanusError } from "../../errors.js";

/** A file that is no whole PyTorch archive. */
export function damaged(source: string, problem: string): JanusError {
  return new JanusError(
    "EASEL_JANUS_TORCH_FILE",
    `${source} is no readable PyTorch file: ${problem}. Download it again, or save the weights as safetensors.`,
  );
}

/** A file whose pickle names something other than tensors and plain containers. */
export function refused(source: string, what: string): JanusError {
  return new JanusError(
    "EASEL_JANUS_PICKLE_REFUSED",
    `${source} asks for ${what}. Only tensors in plain containers are read, and nothing in a file is ever run. ` +
      "Save a plain state_dict, or safetensors.",
  );
}
