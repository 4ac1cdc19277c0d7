// A disk of its own for a test, small enough to be filled: a file system in memory, mounted for the test. Needs root.
import { execFile } from "node:child_process";
import { mkdtemp, open, rm, rmdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);
const PIECE = Buffer.alloc(1024 * 1024);

export class SmallDisk {
  readonly folder: string;

  private constructor(folder: string) {
    this.folder = folder;
  }

  static async mount(sizeMegabytes: number): Promise<SmallDisk> {
    const folder = await mkdtemp(join(tmpdir(), "easel-disk-"));
    await run("mount", ["-t", "tmpfs", "-o", `size=${sizeMegabytes}m,mode=755`, "easel-test", folder]);
    return new SmallDisk(folder);
  }

  /** Takes what room is left, to the last page. */
  async fill(): Promise<void> {
    const file = await open(join(this.folder, "ballast"), "a");
    try {
      for (let size = PIECE.byteLength; size >= 512; ) {
        try {
          await file.write(PIECE, 0, size);
        } catch (error) {
          if ((error as NodeJS.ErrnoException).code !== "ENOSPC") throw error;
          size /= 2;
        }
      }
    } finally {
      await file.close();
    }
  }

  /** Gives the room back that {@link fill} took. */
  async makeRoom(): Promise<void> {
    await rm(join(this.folder, "ballast"), { force: true });
  }

  async dispose(): Promise<void> {
    await run("umount", ["--lazy", this.folder]);
    await rmdir(this.folder);
  }
}
