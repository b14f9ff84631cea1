/** What servers and policies say is shown as text, whatever is in it. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { html, markdown, message, visible } from "../src/escape";

test("characters that cannot be seen are written out", () => {
  assert.equal(visible("pay\u202elap"), "pay\\u{202e}lap");
  assert.equal(visible("a\u200bb\u{e0041}\u001b[2J\ufeff"), "a\\u{200b}b\\u{e0041}\\u{1b}[2J\\u{feff}");
  assert.equal(visible("line\n\ttab ü 你 👩"), "line\n\ttab ü 你 👩");
});

test("what XML and fonts know nothing of is written out", () => {
  assert.equal(visible("a\ufff0b\ufffe\uffff\ufffd"), "a\\u{fff0}b\\u{fffe}\\u{ffff}\ufffd");
});

test("a notification has no link and no command", () => {
  // As VS Code looks for links in the text of a notification.
  const link = /\[([^\]]+)\]\(((?:https?:\/\/|command:|file:)[^)\s]+)(?: (["'])(.+?)\3)?\)/i;
  const hostile = "no [Fix it](command:workbench.action.terminal.new) [x](https://evil.example 'y') [](command:a)\u202e";
  assert.match(hostile, link);
  const shown = message(hostile);
  assert.doesNotMatch(shown, link);
  assert.ok(!shown.includes("](") && !shown.includes("\u202e"), shown);
  // A character that is written out, or put in before, makes no new link.
  assert.doesNotMatch(message("[a]\u200b(command:b)"), link);
  assert.equal(message("a[0] (b)"), "a[0] (b)");
});

test("HTML has no way out of text or attribute", () => {
  assert.equal(html(`<img src=x onerror="alert('1')">&`), "&lt;img src=x onerror=&quot;alert(&#39;1&#39;)&quot;&gt;&amp;");
});

test("Markdown has no link, image or command", () => {
  const shown = markdown("[x](command:rm) ![i](http://evil) <b> `c` https://e.example");
  assert.ok(!/(^|[^\\])[[\]()!<>`]/.test(shown), shown);
});
