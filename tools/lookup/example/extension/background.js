// SPDX-License-Identifier: BSD-2-Clause
// One native host for each page that asks: it ends with the page.
"use strict";

const api = globalThis.browser ?? globalThis.chrome;

api.runtime.onConnect.addListener((page) => {
	const host = api.runtime.connectNative("jp.jukinet.lookup");

	host.onMessage.addListener((message) => page.postMessage(message));
	page.onMessage.addListener((message) => host.postMessage(message));
	// Its reason is for whoever installs it; the page is told "down".
	host.onDisconnect.addListener(() => {
		console.error("jukinet-native:", api.runtime.lastError?.message ?? host.error?.message ?? "ended");
		page.postMessage({ v: 1, event: "down" });
		page.disconnect();
	});
	page.onDisconnect.addListener(() => host.disconnect());
});
