// `easel audit`: what became of every group of a run, and whether every stored byte is what its record says.
import type { Command } from "commander";

/** Registers the command. */
export function addAuditCommand(program: Command): void {
  program
    .command("audit <run>")
    .description("account for every group of a run and check its stored bytes; <run> is an id or `last`")
    .option("--root <folder>", "where the run folders are", "runs")
    .action(async (run: string, { root }: { readonly root: string }) => {
      const { auditCommand } = await import("../audit/audit-command.js");
      process.exitCode = await auditCommand(root, run, process.env);
    });
}
