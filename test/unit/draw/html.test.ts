import { expect, test } from "vitest";
import { html, trusted } from "../../../src/draw/html.js";

test("interpolated text cannot close its element or attribute", () => {
  const name = `<script>alert("1")</script> & 'x'`;
  const escaped = "&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt; &amp; &#39;x&#39;";
  expect(html`<b title="${name}">${name}</b>`.text).toBe(`<b title="${escaped}">${escaped}</b>`);
});

test("fragments are not escaped; lists of them are joined by line breaks", () => {
  const rows = ["<1>", "<2>"].map((row) => html`<li>${row}</li>`);
  expect(html`<ul>${rows}</ul>${3}${trusted("<hr>")}`.text).toBe(
    "<ul><li>&lt;1&gt;</li>\n<li>&lt;2&gt;</li></ul>3<hr>",
  );
});
