/**
 * The script of the decision panel's page. It shows HTML that the extension made (and escaped), and reports what a person does.
 */

interface VsCode {
  postMessage(message: unknown): void;
  getState(): { values?: Record<string, string> } | undefined;
  setState(state: { values: Record<string, string> }): void;
}

declare function acquireVsCodeApi(): VsCode;

const vscode = acquireVsCodeApi();
const form = document.getElementById("request") as HTMLFormElement;
const answer = document.getElementById("answer") as HTMLElement;
let values: Record<string, string> = vscode.getState()?.values ?? {};

type Control = HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement;

function controls(): Control[] {
  return Array.from(form.elements).filter(
    (element): element is Control =>
      element instanceof HTMLInputElement || element instanceof HTMLSelectElement || element instanceof HTMLTextAreaElement,
  );
}

function remember(): void {
  for (const control of controls()) {
    values[control.name] = control.value;
  }
  vscode.setState({ values });
}

/** Puts back what was typed before the form was made anew. Choices come from the extension. */
function restore(templates: Record<string, string>): void {
  for (const control of controls()) {
    if ("choice" in control.dataset) {
      continue;
    }
    const value = values[control.name];
    control.value = value !== undefined && value !== "" ? value : (templates[control.name] ?? "");
  }
}

/** Makes the form anew; who types in it goes on typing where they were. */
function show(html: string, templates: Record<string, string>): void {
  const active = controls().find((control) => control === document.activeElement);
  const place = active === undefined || active instanceof HTMLSelectElement ? undefined : [active.selectionStart, active.selectionEnd];
  form.innerHTML = html;
  restore(templates);
  remember();
  const again = active === undefined ? undefined : controls().find((control) => control.name === active.name);
  again?.focus({ preventScroll: true });
  if (place !== undefined && again !== undefined && !(again instanceof HTMLSelectElement)) {
    again.setSelectionRange(place[0] ?? null, place[1] ?? null);
  }
}

form.addEventListener("input", remember);
form.addEventListener("change", (event) => {
  remember();
  if (event.target instanceof HTMLSelectElement && "choice" in event.target.dataset) {
    // Claims belong to the identity they were written for.
    if (event.target.name === "identity" || event.target.name === "agent") {
      delete values[event.target.name === "identity" ? "claims" : "agentClaims"];
    }
    vscode.postMessage({ kind: "choose", values });
  }
});
form.addEventListener("submit", (event) => {
  event.preventDefault();
  remember();
  answer.setAttribute("aria-busy", "true");
  const current: Record<string, string> = {};
  for (const control of controls()) {
    current[control.name] = control.value;
  }
  vscode.postMessage({ kind: "decide", values: current });
});
answer.addEventListener("click", (event) => {
  const link = event.target instanceof Element ? event.target.closest("[data-rule]") : null;
  if (link instanceof HTMLElement) {
    event.preventDefault();
    vscode.postMessage({ kind: "open", rule: Number(link.dataset["rule"]) });
  }
});

window.addEventListener("message", (event: MessageEvent<{ kind: string; html: string; templates?: Record<string, string> }>) => {
  const message = event.data;
  if (message.kind === "form") {
    show(message.html, message.templates ?? {});
  } else if (message.kind === "answer") {
    answer.removeAttribute("aria-busy");
    answer.innerHTML = message.html;
    // In a narrow panel the answer stands below the form: what was asked for must be seen.
    if (answer.getBoundingClientRect().top > window.innerHeight / 2) {
      answer.scrollIntoView({ block: "start" });
    }
  }
});
vscode.postMessage({ kind: "ready", values });
