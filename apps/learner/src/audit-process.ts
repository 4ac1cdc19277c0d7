// The audit as an operating-system process: prints what became of the groups and every fault, and ends with an error when there is one.
import { runProcess } from "@easel/process";
import { auditRun, type RunAudit } from "./audit-run.js";
import { LearnerError } from "./errors.js";

export type AuditProcessOptions = {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly write: (line: string) => void;
};

/** Runs the process and returns its exit code. */
export async function auditProcess({ argv, env, write }: AuditProcessOptions): Promise<number> {
  return await runProcess({
    name: "audit",
    argv,
    env,
    main: async ({ args, bus, run, weights }) => {
      const audit = await auditRun({ bus, run, folder: args.folder, weights });
      for (const line of auditLines(audit)) write(line);
      const broken = audit.conservation.violations.length + audit.faults.length;
      if (broken === 0) return;
      throw new LearnerError(
        "EASEL_LEARNER_AUDIT_FAILED",
        `The audit of run ${run} found ${broken} faults, which are named above. Restore what is damaged or missing from a copy; a group that is lost or trained twice is a fault of Easel worth reporting.`,
      );
    },
  });
}

/** What an audit says, a line each. Pure. */
export function auditLines({ conservation, faults }: RunAudit): string[] {
  const { issued, trained, dropped, dead, inFlight, lost } = conservation.counts;
  const { violations } = conservation;
  return [
    `groups: ${issued} issued = ${trained} trained + ${dropped} dropped + ${dead} dead + ${inFlight} in flight + ${lost} lost`,
    ...violations.map(
      ({ rule, group, detail }) => `fault: ${rule}${group === null ? "" : ` ${group}`}: ${detail}`,
    ),
    ...faults.map(({ rule, what, detail }) => `fault: ${rule} ${what}: ${detail}`),
    ...(violations.length + faults.length === 0
      ? ["every group is accounted for, and every stored byte is what its record says"]
      : []),
  ];
}
