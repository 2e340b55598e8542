/** Which operation runs, when a document has several. */

import { fill, h } from "../dom.js";

export class OperationPicker {
  /** @param {HTMLSelectElement} select */
  constructor(select) {
    this.select = select;
    this.show([]);
  }

  /** Undefined when the document has one operation, which needs no name. */
  get operationName() {
    return this.select.hidden ? undefined : this.select.value;
  }

  /** Shows the operations that have names; the choice stays when its operation is still there. */
  show(operations) {
    const named = operations.filter((operation) => operation.name);
    const chosen = this.select.value;
    fill(this.select, named.map((operation) => {
      const name = operation.name.text;
      return h("option", { value: name, selected: name === chosen }, `${operation.keyword} ${name}`);
    }));
    this.select.hidden = named.length < 2;
  }

  /** The caret says what the reader is at. */
  follow(operation) {
    if (operation?.name) this.choose(operation.name.text);
  }

  choose(name) {
    if (name && [...this.select.options].some((option) => option.value === name)) this.select.value = name;
  }
}
