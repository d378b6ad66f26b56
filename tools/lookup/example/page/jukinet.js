// SPDX-License-Identifier: BSD-2-Clause
// What a business system's page needs: ask() for an answer, onEvent for the rest.
"use strict";

const jukinet = {
	next: 1,
	waiting: new Map(),
	onEvent: () => {},

	ask(what, request = {}) {
		const id = this.next++;

		return new Promise((resolve) => {
			this.waiting.set(id, resolve);
			window.postMessage({ to: "jukinet", message: { v: 1, id, do: what, ...request } },
			    window.location.origin);
		});
	},

	take(message) {
		const resolve = this.waiting.get(message.id);

		if ("event" in message) {
			// Whoever has gone answers nothing more.
			if (message.event === "down")
				for (const id of [...this.waiting.keys()])
					this.take({ v: 1, id, allowed: false, error: "down" });
			this.onEvent(message);
		} else if (resolve !== undefined) {
			this.waiting.delete(message.id);
			resolve(message);
		}
	},
};

window.addEventListener("message", (event) => {
	if (event.source === window && event.origin === window.location.origin && event.data?.from === "jukinet")
		jukinet.take(event.data.message);
});
