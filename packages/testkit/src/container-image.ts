// Builds an image out of a Dockerfile and files of this machine with the engine's own command line. Nothing is fetched: a Dockerfile
// that names a base image which is not at hand fails.
import { execFile } from "node:child_process";
import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { TestkitError } from "./errors.js";

const run = promisify(execFile);

export type ImageToBuild = {
  /** Name and tag, such as `easel/nats-server:local`. */
  readonly name: string;
  readonly dockerfile: string;
  /** What the Dockerfile copies: name in the build context to the file or folder on this machine. */
  readonly context: Readonly<Record<string, string>>;
  readonly args?: Readonly<Record<string, string>>;
};

/** Builds it and returns its name. @throws TestkitError `EASEL_TESTKIT_IMAGE` with the end of the build's output. */
export async function buildImage({ name, dockerfile, context, args = {} }: ImageToBuild): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "easel-image-"));
  try {
    await cp(dockerfile, join(folder, "Dockerfile"));
    for (const [target, source] of Object.entries(context)) {
      await cp(source, join(folder, target), { recursive: true, preserveTimestamps: true });
    }
    const settings = Object.entries(args).flatMap(([key, value]) => ["--build-arg", `${key}=${value}`]);
    // Without a network nothing can be fetched while it is built.
    await run("docker", ["build", "--network=none", "--tag", name, ...settings, folder], {
      maxBuffer: 64 * 1024 * 1024,
    });
    return name;
  } catch (cause) {
    const { message, stderr = "" } = cause as Error & { readonly stderr?: string };
    throw new TestkitError(
      "EASEL_TESTKIT_IMAGE",
      `The image ${name} could not be built from ${dockerfile}. ${(stderr || message).trim().slice(-1_000)}`,
      { cause },
    );
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
