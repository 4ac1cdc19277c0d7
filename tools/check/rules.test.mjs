// Each rule of `npm run check` finds what it is there for, and leaves alone what is right.
import { expect, test } from "vitest";
import { assembleErrors, checkErrorCodes, codesIn } from "./error-codes.mjs";
import { checkFileLength, countLines, median } from "./file-length.mjs";
import { checkFileShape } from "./file-shape.mjs";
import { missingOptionalPackages, platformEntry } from "./lock-file.mjs";
import { checkLooseWords } from "./loose-words.mjs";

const lines = (count) => "x\n".repeat(count);

test("a long file and a high median are found", () => {
  expect(countLines("a\nb\n")).toBe(2);
  expect(countLines("a\nb")).toBe(2);
  expect(median([3, 1, 2])).toBe(2);
  expect(median([4, 1, 2, 3])).toBe(2.5);
  expect(checkFileLength([{ path: "a.ts", text: lines(601) }]).problems).toHaveLength(2);
  expect(checkFileLength([{ path: "a.ts", text: lines(100) }]).problems).toEqual([]);
});

test("a source without its first line and a name that says nothing are found", () => {
  expect(checkFileShape([{ path: "packages/a/src/utils/x.ts", text: "// Adds.\n" }]).problems).toHaveLength(
    1,
  );
  expect(checkFileShape([{ path: "packages/a/src/helpers.ts", text: "// Adds.\n" }]).problems).toHaveLength(
    1,
  );
  expect(checkFileShape([{ path: "packages/a/src/add.ts", text: "export {};\n" }]).problems).toHaveLength(1);
  expect(checkFileShape([{ path: "packages/a/src/add.ts", text: "// Adds.\n" }]).problems).toEqual([]);
});

test.each([
  ["a path", ["see /", "tmp/x"]],
  ["a home", ["'/ho", "me/me/x'"]],
  ["a host", ["https://py", "pi.org/simple"]],
  ["a mark", ["// TO", "DO later"]],
  ["a phrase", ["not ", "implemented"]],
])("%s is a loose word", (_, pieces) => {
  const { problems } = checkLooseWords([{ path: "a.md", text: `fine\n${pieces.join("")}\n` }]);
  expect(problems).toHaveLength(1);
  expect(problems[0]).toContain("a.md:2");
});

test("usual words and container paths are not loose", () => {
  const text = "mount /data/runs, /usr/bin, https://example.org/home/x; hackney, todos\n";
  expect(checkLooseWords([{ path: "a.md", text }]).problems).toEqual([]);
});

test("codes are explained both ways", () => {
  const sources = [{ path: "a.ts", text: 'code = "EASEL_BUS_GONE"; env.EASEL_CACHE_DIR' }];
  expect(checkErrorCodes(sources, "`EASEL_BUS_GONE`", "EASEL_CACHE_DIR").problems).toEqual([]);
  expect(checkErrorCodes(sources, "", "EASEL_CACHE_DIR").problems[0]).toContain("EASEL_BUS_GONE");
  expect(checkErrorCodes([], "EASEL_BUS_GONE", "").problems[0]).toContain("no source has it");
  const open = [{ path: "a.ts", text: ["`EASEL_BUS_", "{what}`"].join("$") }];
  expect(checkErrorCodes(open, "EASEL_BUS_GONE", "").problems).toEqual([]);
  expect(codesIn("EASEL_A_B and EASEL_A_B")).toEqual(["EASEL_A_B"]);
});

test("the errors page has a section for each part, in order, whatever headings the parts have", () => {
  const page = assembleErrors([
    { path: "docs/errors/grpo.md", text: "# Errors of grpo\n\n| code |\n" },
    { path: "docs/errors/bus.md", text: "| code |\n" },
  ]);
  expect(page.indexOf("## bus")).toBeLessThan(page.indexOf("## grpo"));
  expect(page).not.toContain("Errors of grpo");
});

test("a platform's optional package that the lock file lacks is found and described by its name", () => {
  const lock = {
    packages: {
      "node_modules/turbo": {
        dev: true,
        optionalDependencies: { "@turbo/darwin-arm64": "1.0.0", "@turbo/linux-64": "1.0.0" },
      },
      "node_modules/@turbo/linux-64": { version: "1.0.0" },
    },
  };
  const [missing, ...others] = missingOptionalPackages(lock);
  expect(others).toEqual([]);
  expect(missing.name).toBe("@turbo/darwin-arm64");
  expect(platformEntry(missing, lock.packages["node_modules/turbo"])).toMatchObject({
    version: "1.0.0",
    os: ["darwin"],
    cpu: ["arm64"],
    optional: true,
    dev: true,
  });
});
