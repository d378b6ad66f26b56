// SPDX-License-Identifier: BSD-2-Clause
// Between the page and the extension. Which pages these are says the manifest;
// frames of others are none of them.
"use strict";

const api = globalThis.browser ?? globalThis.chrome;
let port = null;

function connect() {
	port = api.runtime.connect();
	port.onMessage.addListener((message) =>
		window.postMessage({ from: "jukinet", message }, window.location.origin));
	port.onDisconnect.addListener(() => { port = null; });
}

window.addEventListener("message", (event) => {
	if (event.source !== window || event.origin !== window.location.origin ||
	    event.data?.to !== "jukinet")
		return;
	if (port === null)
		connect();
	port.postMessage(event.data.message);
});
