import { expect, test } from "vitest";
import { html, trusted } from "../../../src/draw/html.js";

test("text that is put into a page cannot end its element or its attribute", () => {
  const name = `<script>alert("1")</script> & 'x'`;
  const escaped = "&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt; &amp; &#39;x&#39;";
  expect(html`<b title="${name}">${name}</b>`.text).toBe(`<b title="${escaped}">${escaped}</b>`);
});

test("pieces stay as they are, lists of them have line breaks between", () => {
  const rows = ["<1>", "<2>"].map((row) => html`<li>${row}</li>`);
  expect(html`<ul>${rows}</ul>${3}${trusted("<hr>")}`.text).toBe(
    "<ul><li>&lt;1&gt;</li>\n<li>&lt;2&gt;</li></ul>3<hr>",
  );
});
