/**
 * Text from servers, models and policies made safe to show.
 *
 * Everything that reaches HTML goes through {@link html}, a notification {@link message}, and a tree item {@link visible}:
 * control, bidirectional and zero-width characters are written out, so that text cannot reorder what stands beside it.
 */

const DANGEROUS =
  // eslint-disable-next-line no-control-regex, no-misleading-character-class
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\ufffe\uffff]|[\u{1d173}-\u{1d17a}]|[\u{e0000}-\u{e0fff}]/gu;

/** Text with every character that cannot be seen written as `\u{..}`. Line feeds and tabs stay. */
export function visible(text: string): string {
  return text.replace(DANGEROUS, (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`);
}

/**
 * Text for a notification or a message of the workbench, which makes links of `[label](target)`, commands among them: a zero-width
 * space between label and target leaves two pieces of text.
 */
export function message(text: string): string {
  return visible(text).replace(/\](?=\()/g, "]\u200b");
}

/** Text for HTML, within an element or within an attribute in quotes. */
export function html(text: string): string {
  return visible(text)
    .replace(/&/g, "&amp;")
    .replace(/</g, "&lt;")
    .replace(/>/g, "&gt;")
    .replace(/"/g, "&quot;")
    .replace(/'/g, "&#39;");
}

/** Text for Markdown: shown as it is written, with no link, image or command in it. */
export function markdown(text: string): string {
  return visible(text).replace(/[\\`*_{}[\]()#+\-.!|<>~:&$]/g, "\\$&");
}
