// What the user has set stays; the rest of the environment too.
import { expect, test } from "vitest";
import { withLargePages } from "./large-pages.js";

test("asks for large pages beside what the user has set, and not against it", () => {
  expect(withLargePages({ HOME: "/h" })).toEqual({ HOME: "/h", GLIBC_TUNABLES: "glibc.malloc.hugetlb=1" });
  expect(withLargePages({ GLIBC_TUNABLES: "glibc.malloc.top_pad=1" }).GLIBC_TUNABLES).toBe(
    "glibc.malloc.top_pad=1:glibc.malloc.hugetlb=1",
  );
  const refused = { GLIBC_TUNABLES: "glibc.malloc.hugetlb=0" };
  expect(withLargePages(refused)).toEqual(refused);
});
