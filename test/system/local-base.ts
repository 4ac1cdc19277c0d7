// A base image out of files of this machine: node and the shared libraries that it and the engine load. A stand-in for a distribution's
// image where none can be had; it has no shell and no package manager.
import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** @param loaded programs and libraries whose shared libraries are needed as well */
export async function importLocalBase(name: string, loaded: readonly string[]): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), "easel-base-"));
  try {
    const node = await realpath(process.execPath);
    await place(root, node, "/usr/local/bin/node");
    for (const library of await sharedLibraries([node, ...loaded])) await place(root, library, library);
    await mkdir(join(root, "tmp"), { mode: 0o1777 });
    await run("chmod", ["1777", join(root, "tmp")]);
    const archive = `${root}.tar`;
    try {
      await run("tar", ["-C", root, "--owner=0", "--group=0", "-cf", archive, "."]);
      await run("docker", ["import", archive, name]);
    } finally {
      await rm(archive, { force: true });
    }
    return name;
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}

async function place(root: string, source: string, target: string): Promise<void> {
  await mkdir(dirname(join(root, target)), { recursive: true });
  await cp(await realpath(source), join(root, target));
}

/** The system's libraries, the loader among them; what lies beside the engine comes with the engine. */
async function sharedLibraries(files: readonly string[]): Promise<string[]> {
  const found = new Set<string>();
  for (const file of files) {
    const { stdout } = await run("ldd", [file]);
    const lines = stdout.matchAll(/^\s+(?:\S+ => )?(\/(?:lib|lib64|usr\/lib)\/\S+) \(/gm);
    for (const [, path = ""] of lines) found.add(path);
  }
  return [...found];
}
