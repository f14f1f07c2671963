import { expect, test } from "vitest";
import { operatorTable } from "../../support/operator-table.js";

// `npm run docs:operators` writes it.
test("docs/operators.md says what the rules say", async () => {
  await expect(operatorTable()).toMatchFileSnapshot("../../../docs/operators.md");
});
