// Says once what a plain test run leaves out.
export function setup(): void {
  console.log(
    "servers are local processes; .ci/run runs the same suites over containers, and the tests that need root",
  );
}
