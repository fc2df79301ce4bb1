// In a narrow window sections and overview are sheets over the document, each behind a button.

class Sheets {
  // onopen(), onclose(): the overview is asked for, or to be closed.
  constructor(panel, { onopen, onclose }) {
    this.panel = panel;
    this.onclose = onclose;
    this.sections = this.#button("sections", "Sections", "outline", () => this.toggleSections());
    this.overview = this.#button("overview", "Overview", "panel", () => (this.isOpen ? onclose() : onopen()));
  }

  #button(id, text, controls, onclick) {
    const attributes = {
      type: "button",
      class: `sheet-button for-${id}`,
      id: `show-${id}`,
      "aria-controls": controls,
      "aria-expanded": "false",
      onclick,
    };
    return el("button", attributes, text);
  }

  // Whether the panel lies over the document.
  get isOpen() {
    return this.panel.classList.contains("picked");
  }

  get sectionsAreOpen() {
    return document.body.classList.contains("sections");
  }

  toggleSections(on) {
    document.body.classList.toggle("sections", on);
    this.tell();
  }

  tell() {
    this.sections.setAttribute("aria-expanded", String(this.sectionsAreOpen));
    this.overview.setAttribute("aria-expanded", String(this.isOpen));
  }

  // Close the sheet that lies on top, if any does.
  escape() {
    if (this.sectionsAreOpen) this.toggleSections(false);
    else if (this.isOpen) this.onclose();
  }
}
