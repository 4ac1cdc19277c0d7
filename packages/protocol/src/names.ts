// Names that become parts of subjects: runs, rewards, workers. A dot, blank or wildcard in one would change its meaning.
import { z } from "zod";
import { ProtocolError } from "./errors.js";

const NAME = /^[a-z0-9][a-z0-9_-]{0,47}$/;

export const nameSchema: z.ZodType<string> = z
  .string()
  .regex(NAME, "must be 1 to 48 of a-z, 0-9, '-' and '_', starting with a letter or digit");

/**
 * Returns the name when it can be a part of a subject.
 * @throws ProtocolError `EASEL_PROTOCOL_BAD_NAME`
 */
export function checkName(what: string, name: string): string {
  if (NAME.test(name)) return name;
  throw new ProtocolError(
    "EASEL_PROTOCOL_BAD_NAME",
    `The ${what} name ${JSON.stringify(name)} cannot be part of a subject. Use 1 to 48 of a-z, 0-9, "-" and "_", starting with a letter or digit.`,
  );
}
